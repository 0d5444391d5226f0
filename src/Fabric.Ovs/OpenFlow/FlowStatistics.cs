namespace Fabric.Ovs.OpenFlow;

/// <summary>A flow of the switch and what it has counted.</summary>
/// <param name="Flow">The flow.</param>
/// <param name="Packets">Packets that matched.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Age">Time since the flow was added.</param>
public sealed record FlowStatistics(Flow Flow, ulong Packets, ulong Bytes, TimeSpan Age);
