using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A node of the cluster as the <c>membership</c> stream knows it.</summary>
/// <param name="EventLevel">The newest cluster events that its version can read (<see cref="EventCatalog.Level"/>).</param>
/// <param name="IsDrained">It takes no new pods; kept through restarts.</param>
/// <param name="Since">When it entered its present state.</param>
/// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
public sealed record Member(
    NodeName Node,
    string Uid,
    long Incarnation,
    ImmutableArray<IpAddress> UnderlayAddresses,
    ImmutableArray<IpAddress> Vteps,
    string Version,
    int EventLevel,
    bool IsDrained,
    MemberState State,
    string Reason,
    DateTimeOffset Since,
    string? ObjectUid = null)
{
    public NodeRef Ref => new(Node, Uid);
}
