using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Who this node is, before it has joined.</summary>
/// <param name="Uid">Random, kept in the state directory; two directories with one uid are a copy.</param>
/// <param name="EventLevel">The newest cluster events that it can read (<see cref="EventCatalog.Level"/>).</param>
/// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
/// <param name="LastIncarnation">The highest incarnation that this state directory has seen; 0 for a new one.</param>
public sealed record NodeIdentity(
    NodeName Node,
    string Uid,
    long LastIncarnation,
    ImmutableArray<IpAddress> UnderlayAddresses,
    ImmutableArray<IpAddress> Vteps,
    string Version,
    int EventLevel,
    string? ObjectUid = null);
