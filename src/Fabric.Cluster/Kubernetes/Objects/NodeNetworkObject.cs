using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>A NodeNetwork (fabric.cni.dev/v1alpha1): what a node's agent says of itself, under the node's name.</summary>
public sealed record NodeNetworkObject(ObjectMeta Metadata, NodeNetworkStatus? Status = null) : IApiObject
{
    public static ResourceKind<NodeNetworkObject> Resource { get; } =
        new("fabric.cni.dev", "v1alpha1", "NodeNetwork", "nodenetworks", IsNamespaced: false, KubernetesJson.Default.NodeNetworkObject);
}

/// <param name="Overlay">vxlan, geneve or gre.</param>
/// <param name="Mtu">The pods', in bytes.</param>
/// <param name="FailingPeers">At most <see cref="MostFailingPeers"/>, the first by name.</param>
public sealed record NodeNetworkStatus(
    ImmutableArray<string> PodCIDRs,
    ImmutableArray<string> Vteps,
    string Overlay,
    int Mtu,
    int Attachments,
    string AgentVersion,
    PeerCounts Peers,
    ImmutableArray<FailingPeer> FailingPeers,
    ImmutableArray<ObjectCondition> Conditions,
    DateTimeOffset LastUpdated)
{
    public const int MostFailingPeers = 20;
}

/// <summary>The other nodes, by their state in the cluster's membership.</summary>
/// <param name="Failing">Unreachable, down, or with a path that BFD finds broken.</param>
public sealed record PeerCounts(int Up, int Leaving, int Joining, int Unreachable, int Down, int Failing);

public sealed record FailingPeer(string Node, string? Vtep, string Reason, DateTimeOffset? Since);
