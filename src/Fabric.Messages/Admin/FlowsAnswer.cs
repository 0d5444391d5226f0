using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/flows</c>: the flows that Open vSwitch has confirmed, by table and falling priority.</summary>
public sealed record FlowsAnswer(DateTimeOffset At, NodeName Node, string? Bridge, ImmutableArray<FlowEntry> Flows);
