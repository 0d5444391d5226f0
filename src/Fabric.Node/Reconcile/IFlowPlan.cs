using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The flows that a node's state asks for, by the entity that is their cause. Pure, and cheap where nothing changed.</summary>
public interface IFlowPlan
{
    /// <summary>An owner whose input is unchanged since the last call gets the very same array.</summary>
    ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> For(NodeState state);
}
