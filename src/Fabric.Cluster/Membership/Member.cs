using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A node of the cluster as the <c>membership</c> stream knows it.</summary>
/// <param name="Since">When it entered its present state.</param>
public sealed record Member(
    NodeName Node,
    string Uid,
    long Incarnation,
    ImmutableArray<IpAddress> UnderlayAddresses,
    ImmutableArray<IpAddress> Vteps,
    string Version,
    MemberState State,
    string Reason,
    DateTimeOffset Since);
