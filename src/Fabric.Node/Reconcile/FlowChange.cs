using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The difference between what is programmed and a plan.</summary>
public sealed record FlowChange(
    ImmutableArray<PlannedFlow> Removed,
    ImmutableArray<PlannedFlow> Added,
    ImmutableArray<PersistenceId> Owners,
    ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> Plan)
{
    public bool IsEmpty => Removed.IsEmpty && Added.IsEmpty;
}
