namespace Fabric.Messages;

/// <summary>What an operation on the cluster has done; it is in the cluster store then.</summary>
/// <param name="Node">Who answers.</param>
/// <param name="Done">For people: also when there was nothing left to do.</param>
public sealed record OperationAnswer(DateTimeOffset At, NodeName Node, string Done);
