using System.Net;
using Fabric.Cluster.Kubernetes;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Nodes of a Kubernetes cluster: an API server that they reach over their underlay, and a Node object for each.</summary>
public abstract class KubernetesLab(int nodeCount, params (string Name, string Value)[] options)
    : EndToEndLab(nodeCount, [("lease-duration", "3s"), .. options])
{
    private const string ServerAddress = "10.90.0.210";

    private LabKubernetes? _server;
    private LabRelay? _relay;
    private KubernetesApi? _api;

    /// <summary>The API as an administrator has it.</summary>
    public IKubernetesApi Api => _api!;

    /// <summary>The nodes' way to the API server.</summary>
    public LabRelay Way => _relay!;

    protected override string? Missing => base.Missing ?? LabKubernetes.Missing;

    public LabKubernetes Server => _server!;

    protected override void StartStore(LabUnderlay underlay)
    {
        _server = LabKubernetes.Start(ServerAddress);
        foreach (var definition in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "crds"), "*.yaml"))
            _server.Apply(File.ReadAllText(definition));
        underlay.Namespace.Ip("address", "add", $"{ServerAddress}/24", "dev", LabUnderlay.Device);
        // The userspace datapath passes frames on as they are, and nobody has computed a checksum for those from here.
        underlay.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
        _relay = new LabRelay(underlay.Namespace, IPAddress.Parse(ServerAddress), _server.Port, _server.Port);
        _api = KubernetesApi.Open(new KubernetesPlace(Kubeconfig: _server.AdminKubeconfig), TimeProvider.System, () => 0.5);
    }

    protected override void Prepare(EndToEndNode node)
    {
        node.Options["kubernetes"] = _server!.KubeconfigFor($"agent-{node.Lab.Name}", "system:masters");
        node.Options.Remove("underlay-address");
        PutNodeAsync(node).GetAwaiter().GetResult();
    }

    /// <summary>Makes the node's Node object as kubelet and kube-controller-manager would.</summary>
    public async Task<NodeObject> PutNodeAsync(EndToEndNode node)
    {
        var made = await Api.CreateAsync(NodeObject.Resource, new NodeObject(
            new ObjectMeta(node.Lab.Name),
            new NodeSpec([PodCidrOf(node)], [new Taint("fabric.cni.dev/starting", null, "NoSchedule")])), default);
        return await Api.PatchAsync(NodeObject.Resource, null, node.Lab.Name, new ApiPatch.Merge(System.Text.Encoding.UTF8.GetBytes(
            $$$"""
            {"status": {"addresses": [{"type": "Hostname", "address": "{{{node.Lab.Name}}}"}, {"type": "InternalIP", "address": "{{{node.Lab.Address}}}"}],
              "conditions": [{"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated", "message": "no network yet"}]}}
            """)), "status", default);
    }

    /// <summary>What the cluster's allocator gives a node.</summary>
    public static string PodCidrOf(EndToEndNode node) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"10.244.{100 + node.Lab.Index}.0/24");

    protected override void StopStore()
    {
        _api?.Dispose();
        _relay?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server?.Dispose();
    }
}
