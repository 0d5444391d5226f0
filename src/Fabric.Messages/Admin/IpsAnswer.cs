using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/ips</c>: this node's address pools and who holds what.</summary>
/// <param name="Ordering">The newest event that the answer holds.</param>
public sealed record IpsAnswer(DateTimeOffset At, NodeName Node, long Ordering, ImmutableArray<PoolEntry> Pools);
