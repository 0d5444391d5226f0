using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>One node of the cluster.</summary>
/// <param name="State">joining, up, unreachable, leaving or down.</param>
/// <param name="Since">When it entered that state, by the singleton's clock.</param>
/// <param name="IsSingleton">Whether it runs the cluster's entities.</param>
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
    bool IsSingleton);
