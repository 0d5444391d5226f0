using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/ports</c>: this node's pod interfaces.</summary>
/// <param name="Ordering">The newest event that the answer holds.</param>
public sealed record PortsAnswer(DateTimeOffset At, NodeName Node, long Ordering, ImmutableArray<PortEntry> Ports);
