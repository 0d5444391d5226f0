using System.Globalization;
using System.Net;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Fabric.Lab;

namespace Fabric.Demo;

/// <summary>The demo as a Kubernetes cluster has it: containerd makes the pods, and the API keeps the cluster's streams.</summary>
internal sealed class KubernetesDemo(Report report)
{
    private const int NodeCount = 3;

    private const int PodsPerNode = 2;

    private const string ServerAddress = "10.90.0.210";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly List<KubernetesNode> _nodes = [];
    private readonly List<(KubernetesNode Node, LabSandbox Sandbox)> _pods = [];

    /// <returns>The exit code: 0 if all expectations held.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (LabContainerd.Missing is { } missing)
        {
            report.Failed($"containerd can't be used here: {missing}");
            return 1;
        }
        report.Line("Fabric on Kubernetes: three nodes with real Open vSwitch and real containerd");
        using var wire = LabUnderlay.Create();
        using var api = await report.DoAsync(LabKubernetes.Missing is null
            ? "starting kube-apiserver and etcd" : "starting the server that stands in for kube-apiserver",
            () => Task.Run(() => LabApi.Start(ServerAddress, Places.Definitions), cancellationToken));
        if (!api.IsReal)
            report.Line($"   (no kube-apiserver: {LabKubernetes.Missing})");
        wire.Namespace.Ip("address", "add", $"{ServerAddress}/24", "dev", LabUnderlay.Device);
        wire.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
        await using var way = new LabRelay(wire.Namespace, IPAddress.Parse(ServerAddress), api.Port, api.Port);
        try
        {
            await InstallAsync(wire, api, cancellationToken);
            await PodsAsync(cancellationToken);
            await KillAsync(cancellationToken);
            await DeleteAsync(api, cancellationToken);
            report.Heading(report.Broken == 0
                ? $"All {report.Held} expectations held, in {Report.Seconds(report.Elapsed)}."
                : $"{report.Broken} of {report.Held + report.Broken} expectations did NOT hold (✗ above).");
            return report.Broken == 0 ? 0 : 1;
        }
        catch (Exception e) when (e is LabException or DemoException or KubernetesException)
        {
            foreach (var node in _nodes.Where(n => File.Exists(n.AgentLog)))
                report.Block($"--- agent of {node.Name}\n{string.Join('\n', File.ReadLines(node.AgentLog).TakeLast(20))}");
            throw;
        }
        finally
        {
            foreach (var node in _nodes)
                node.Dispose();
        }
    }

    private async Task InstallAsync(LabUnderlay wire, LabApi api, CancellationToken cancellationToken)
    {
        report.Heading("1. The agents install themselves, and the nodes' network is ready");
        await report.DoAsync("starting Open vSwitch and containerd on three nodes", () => Task.Run(() =>
        {
            for (var i = 0; i < NodeCount; i++)
                _nodes.Add(KubernetesNode.Make(wire, api));
            foreach (var node in _nodes)
                node.StartRuntime();
        }, cancellationToken));
        report.Expect(!(await _nodes[0].Runtime.NetworkAsync()).IsReady, "without an agent, containerd says that the network is not ready");
        await report.DoAsync("starting fabric-node on each, with the Kubernetes API as the cluster's store", async () =>
        {
            foreach (var node in _nodes)
                node.StartAgent();
            foreach (var node in _nodes)
            {
                await Wait.UntilAsync(() => node.Runtime.NetworkAsync().GetAwaiter().GetResult().IsReady, $"{node.Name}'s network is ready",
                    Long, cancellationToken);
            }
        });
        report.Expect(_nodes.All(n => File.Exists(Path.Combine(n.BinDir, "fabric-cni")) && File.Exists(Path.Combine(n.ConfDir, "10-fabric.conflist"))),
            "each agent has put fabric-cni and 10-fabric.conflist on its host; containerd says that the network is ready");
        await WaitForMeshAsync(_nodes, cancellationToken);
        await ShowAsync(api, NodeCount, cancellationToken);
        var nodes = await api.Admin.ListAsync(NodeObject.Resource, ObjectQuery.All, 0, null, null, cancellationToken);
        report.Expect(nodes.Items.All(n => n.Status!.Conditions!.Value.Any(c => c is { Type: "NetworkUnavailable", Status: "False" })),
            "NetworkUnavailable is False on each Node");
        report.Expect(_nodes.All(n => n.Fabric("mesh").Contains($"pods {n.PodCidr}", StringComparison.Ordinal)),
            "each node has the pod CIDR of its Node object");
    }

    private async Task PodsAsync(CancellationToken cancellationToken)
    {
        report.Heading("2. containerd makes pods, as the kubelet asks for them");
        await report.DoAsync($"running {NodeCount * PodsPerNode} pod sandboxes", async () =>
        {
            foreach (var node in _nodes)
            {
                for (var i = 1; i <= PodsPerNode; i++)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"web-{node.Name}-{i}");
                    _pods.Add((node, await node.Runtime.RunPodAsync("demo", name, $"uid-{name}")));
                }
            }
        });
        foreach (var (node, pod) in _pods)
            report.Line($"   {pod.Name,-12} on {node.Name}   {pod.Addresses[0]}");
        var reached = await report.DoAsync("each pod pings each other", () => Task.Run(() => _pods.Sum(from =>
            _pods.Count(to => to != from && LabNode.Pings(from.Sandbox.Network!, IPAddress.Parse(to.Sandbox.Addresses[0])))), cancellationToken));
        var all = _pods.Count * (_pods.Count - 1);
        report.Expect(reached == all, string.Create(CultureInfo.InvariantCulture, $"{reached} of {all} pings answered, the first packet included"));
    }

    private async Task KillAsync(CancellationToken cancellationToken)
    {
        var node = _nodes[0];
        report.Heading($"3. The agent of {node.Name} is killed (SIGKILL) and started again");
        var (from, to) = (_pods[^1].Sandbox, _pods[0].Sandbox);
        var ping = Task.Run(() => from.Network!.Run(
            ["ping", "-i", "0.01", "-c", "300", "-W", "2", "-n", to.Addresses[0]], null, null, TimeSpan.FromSeconds(60)), cancellationToken);
        node.KillAgent();
        node.StartAgent();
        var said = await report.DoAsync($"pinging every 10 ms, {from.Name} → {to.Name}, meanwhile", () => ping);
        report.Expect(said.Contains("300 received", StringComparison.Ordinal), "300 packets, 0 lost");
        var late = await report.DoAsync("a new pod there, as soon as the runtime asks for it",
            () => node.Runtime.RunPodAsync("demo", "late", "uid-late"));
        report.Expect(LabNode.Pings(late.Network!, IPAddress.Parse(from.Addresses[0])), "it reaches the others");
    }

    private async Task DeleteAsync(LabApi api, CancellationToken cancellationToken)
    {
        var gone = _nodes[^1];
        report.Heading($"4. {gone.Name} is given up: its agent dies, and its Node object is deleted");
        gone.KillAgent();
        await api.Admin.DeleteAsync(NodeObject.Resource, null, gone.Name, null, cancellationToken);
        var left = _nodes.Where(n => n != gone).ToList();
        await report.DoAsync("waiting for its tunnels to go", () => WaitForMeshAsync(left, cancellationToken));
        report.Command("fabric mesh", left[0].Fabric("mesh"));
        report.Expect(left.All(n => !n.Fabric("mesh").Contains(gone.Name, StringComparison.Ordinal)), "no other node has a tunnel to it");
        // Its own object goes with the Node; the garbage collector of a whole cluster does that.
        await api.Admin.DeleteAsync(NodeNetworkObject.Resource, null, gone.Name, null, cancellationToken);
        await ShowAsync(api, left.Count, cancellationToken);
    }

    private static Task WaitForMeshAsync(IReadOnlyList<KubernetesNode> nodes, CancellationToken cancellationToken) => Wait.UntilAsync(
        () => nodes.All(n => n.Fabric("mesh").Split('\n').Count(l => l.StartsWith("node", StringComparison.Ordinal)) == nodes.Count),
        "each node has a tunnel to each other one", Long, cancellationToken);

    /// <summary>The overview as kubectl shows it; without kubectl, the numbers that it would show.</summary>
    private async Task ShowAsync(LabApi api, int nodes, CancellationToken cancellationToken)
    {
        await report.DoAsync("waiting for the nodes' own word of it, which each writes at most every 30 s", () => Wait.UntilAsync(
            () => api.Admin.ListAsync(NodeNetworkObject.Resource, ObjectQuery.All, 0, null, null, cancellationToken)
                .GetAwaiter().GetResult().Items.Count(n => n.Status is { Peers: var peers } && peers.Up == nodes - 1) == nodes,
            "the NodeNetworks say so", Long, cancellationToken));
        var kubectl = $"{Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS")}:{Environment.GetEnvironmentVariable("PATH")}".Split(':')
            .Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        if (kubectl is null)
            report.Line("   (kubectl is not installed here, so its overview is left out)");
        else
        {
            report.Command("kubectl get nodenetworks -o wide", LabCommand.Run(
                kubectl, "--kubeconfig", api.AdminKubeconfig, "get", "nodenetworks", "-o", "wide"));
            report.Line();
        }
    }
}
