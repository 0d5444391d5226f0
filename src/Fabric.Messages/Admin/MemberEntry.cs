using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>One node of the cluster.</summary>
/// <param name="State">joining, up, unreachable, leaving, down or removed.</param>
/// <param name="Since">When it entered that state, by the singleton's clock.</param>
/// <param name="IsSingleton">Whether it runs the cluster's entities.</param>
/// <param name="IsDrained">Whether it takes no new pods.</param>
/// <param name="IsFormer">Whether the uid is no member any more; the pod CIDRs are what it still holds.</param>
public sealed record MemberEntry(
    NodeName Node,
    string NodeUid,
    long Incarnation,
    string State,
    string Reason,
    DateTimeOffset Since,
    string Version,
    ImmutableArray<IpAddress> UnderlayAddresses,
    ImmutableArray<Cidr> PodCidrs,
    bool IsSingleton,
    bool IsDrained,
    bool IsFormer);
