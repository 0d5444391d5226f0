using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Fabric.Lab;

namespace Fabric.Demo;

/// <summary>A node of a Kubernetes cluster: its own Open vSwitch, its own containerd, its agent, and a Node object.</summary>
internal sealed class KubernetesNode : IDisposable
{
    private readonly LabNode _lab;
    private readonly LabApi _api;
    private readonly string _folder;
    private LabContainerd? _runtime;
    private Process? _agent;

    private KubernetesNode(LabNode lab, LabApi api)
    {
        (_lab, _api) = (lab, api);
        _folder = Directory.CreateDirectory(Path.Combine(lab.Ovs.Folder, "host")).FullName;
        foreach (var folder in (string[])[BinDir, ConfDir])
            Directory.CreateDirectory(folder);
    }

    public string Name => _lab.Name;

    public IPAddress Address => _lab.Address;

    public string PodCidr => string.Create(CultureInfo.InvariantCulture, $"10.244.{_lab.Index}.0/24");

    public LabContainerd Runtime => _runtime!;

    public string AgentLog => Path.Combine(_folder, "agent.log");

    public string BinDir => Path.Combine(_folder, "cni-bin");

    public string ConfDir => Path.Combine(_folder, "cni-conf");

    /// <summary>Makes the machine, and its Node object as kubelet and kube-controller-manager would.</summary>
    public static KubernetesNode Make(LabUnderlay wire, LabApi api)
    {
        var node = new KubernetesNode(LabNode.Create(wire), api);
        node.PutObjectAsync().GetAwaiter().GetResult();
        return node;
    }

    public void StartRuntime() => _runtime = LabContainerd.Start(_lab, BinDir, ConfDir);

    /// <summary>Starts the agent as its DaemonSet does: it finds out the rest, and installs itself.</summary>
    public void StartAgent()
    {
        var start = new ProcessStartInfo("setsid");
        string[] command =
        [
            "nsenter", $"--net={_lab.Namespace.NetnsPath}", "--", "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh",
            AgentLog, Places.Agent, "--node-name", Name, "--state-dir", Path.Combine(_folder, "state"),
            "--cluster-store", $"kubernetes:?kubeconfig={_api.KubeconfigFor($"agent-{Name}")}", "--pod-cidr-source", "kubernetes",
            "--lease-duration", "5s", "--datapath-type", "netdev", "--ovs-db", _lab.Ovs.Endpoint, "--ovs-run-dir", _lab.Ovs.RunFolder,
            "--install-cni-bin", BinDir, "--install-cni-conf", ConfDir, "--install-cni-from", Places.Plugin,
            "--cni-socket", Path.Combine(_folder, "cni.sock"), "--admin-socket", Path.Combine(_folder, "admin.sock"), "--health-address", "off",
        ];
        foreach (var word in command)
            start.ArgumentList.Add(word);
        _agent = Process.Start(start) ?? throw new DemoException("setsid did not start");
    }

    /// <summary>SIGKILL: the agent can't do anything about it.</summary>
    public void KillAgent()
    {
        _agent!.Kill();
        _agent.WaitForExit();
    }

    public string Fabric(params string[] arguments) => LabCommand.Run(
        Places.Cli, [.. arguments, "--admin-socket", Path.Combine(_folder, "admin.sock")]);

    public void Dispose()
    {
        if (_agent is { HasExited: false })
            KillAgent();
        _agent?.Dispose();
        _runtime?.Dispose();
        _lab.Dispose();
    }

    private async Task PutObjectAsync()
    {
        await _api.Admin.CreateAsync(NodeObject.Resource, new NodeObject(new ObjectMeta(Name), new NodeSpec([PodCidr])), default);
        await _api.Admin.PatchAsync(NodeObject.Resource, null, Name, new ApiPatch.Merge(Encoding.UTF8.GetBytes(
            $$$"""{"status": {"addresses": [{"type": "InternalIP", "address": "{{{Address}}}"}]}}""")), "status", default);
    }
}
