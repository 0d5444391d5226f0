using System.Globalization;
using System.Net;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Nodes of a Kubernetes cluster: an API server that they reach over their underlay, and a Node object for each.</summary>
/// <param name="isStore">Whether the cluster's journal and leases are in the API too.</param>
public abstract class KubernetesLab(int nodeCount, bool isStore, params (string Name, string Value)[] options)
    : EndToEndLab(nodeCount, [("lease-duration", "3s"), .. options])
{
    public const string StartupTaint = "fabric.cni.dev/starting";

    private const string ServerAddress = "10.90.0.210";

    private LabApi? _server;
    private LabRelay? _relay;

    /// <summary>The API as an administrator has it.</summary>
    public IKubernetesApi Api => Server.Admin;

    public LabApi Server => _server!;

    /// <summary>The nodes' way to the API server.</summary>
    public LabRelay Way => _relay!;

    /// <summary>What the cluster's allocator gives a node.</summary>
    public static string PodCidrOf(EndToEndNode node) => string.Create(CultureInfo.InvariantCulture, $"10.244.{100 + node.Lab.Index}.0/24");

    /// <summary>Makes the node's Node object as kubelet and kube-controller-manager would.</summary>
    public async Task PutNodeAsync(EndToEndNode node)
    {
        await Api.CreateAsync(NodeObject.Resource, new NodeObject(
            new ObjectMeta(node.Lab.Name), new NodeSpec([PodCidrOf(node)], [new Taint(StartupTaint, null, "NoSchedule")])), default);
        await Api.PatchAsync(NodeObject.Resource, null, node.Lab.Name, new ApiPatch.Merge(Encoding.UTF8.GetBytes(
            $$$"""
            {"status": {"addresses": [{"type": "Hostname", "address": "{{{node.Lab.Name}}}"}, {"type": "InternalIP", "address": "{{{node.Lab.Address}}}"}],
              "conditions": [{"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated", "message": "no network yet"}]}}
            """)), "status", default);
    }

    /// <summary>A Pod as the API has it, for the container that a lab's pod stands for.</summary>
    public Task<PodObject> PutPodAsync(EndToEndNode node, string name, params (string Key, string Value)[] annotations)
    {
        Server.Apply($$$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{{name}}}
              namespace: default
              annotations: { {{{string.Join(", ", annotations.Select(a => $"{a.Key}: \"{a.Value}\""))}}} }
            spec:
              nodeName: {{{node.Lab.Name}}}
              containers: [{name: main, image: none}]
            """);
        return Api.GetAsync(PodObject.Resource, "default", name, default);
    }

    protected override void StartStore(LabUnderlay underlay)
    {
        _server = LabApi.Start(ServerAddress, Path.Combine(AppContext.BaseDirectory, "crds"));
        underlay.Namespace.Ip("address", "add", $"{ServerAddress}/24", "dev", LabUnderlay.Device);
        // The userspace datapath passes frames on as they are, and nobody has computed a checksum for those from here.
        underlay.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
        _relay = new LabRelay(underlay.Namespace, IPAddress.Parse(ServerAddress), _server.Port, _server.Port);
    }

    protected override void Prepare(EndToEndNode node)
    {
        var kubeconfig = Server.KubeconfigFor($"agent-{node.Lab.Name}");
        node.Options[isStore ? "cluster-store" : "kubernetes"] = isStore ? $"kubernetes:?kubeconfig={kubeconfig}" : kubeconfig;
        node.Options.Remove("underlay-address");
        Task.Run(() => PutNodeAsync(node)).GetAwaiter().GetResult();
    }

    protected override void StopStore()
    {
        _relay?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server?.Dispose();
    }
}
