using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using Plan = System.Collections.Immutable.ImmutableSortedDictionary<
    Fabric.Messages.PersistenceId, System.Collections.Immutable.ImmutableArray<Fabric.Node.PlannedFlow>>;

namespace Fabric.Node;

/// <summary>What is known to be in Open vSwitch: every flow that a bundle has confirmed, by owner.</summary>
public sealed class ProgrammedFlows
{
    private Plan _programmed = Plan.Empty;

    public int Count => _programmed.Values.Sum(f => f.Length);

    public IEnumerable<PlannedFlow> All => _programmed.Values.SelectMany(f => f);

    public bool TryGet(PersistenceId owner, out ImmutableArray<PlannedFlow> flows) => _programmed.TryGetValue(owner, out flows);

    public bool HasAny(PersistenceId owner) => _programmed.TryGetValue(owner, out var flows) && flows.Length > 0;

    /// <summary>What must change so that the plan is programmed. The same plan costs nothing, an unchanged owner one comparison.</summary>
    public FlowChange ChangeTo(Plan plan)
    {
        if (ReferenceEquals(plan, _programmed))
            return new FlowChange([], [], [], plan);
        var removed = new List<PlannedFlow>();
        var added = new List<PlannedFlow>();
        var owners = new List<PersistenceId>();
        using var before = _programmed.GetEnumerator();
        using var after = plan.GetEnumerator();
        var hasBefore = before.MoveNext();
        var hasAfter = after.MoveNext();
        // Both are sorted by owner.
        while (hasBefore || hasAfter)
        {
            var order = !hasAfter ? -1 : !hasBefore ? 1 : plan.KeyComparer.Compare(before.Current.Key, after.Current.Key);
            ImmutableArray<PlannedFlow> had = order <= 0 ? before.Current.Value : [];
            ImmutableArray<PlannedFlow> wants = order >= 0 ? after.Current.Value : [];
            if (had != wants)
            {
                owners.Add(order <= 0 ? before.Current.Key : after.Current.Key);
                var keep = had.Select(f => f.Text.Id).ToHashSet();
                var now = wants.Select(f => f.Text.Id).ToHashSet();
                added.AddRange(wants.Where(f => !keep.Contains(f.Text.Id)));
                removed.AddRange(had.Where(f => !now.Contains(f.Text.Id)));
            }
            if (order <= 0)
                hasBefore = before.MoveNext();
            if (order >= 0)
                hasAfter = after.MoveNext();
        }
        return new FlowChange([.. removed], [.. added], [.. owners], plan);
    }

    public void Confirm(FlowChange change) => _programmed = change.Plan;

    /// <summary>Takes the whole plan as programmed, after it was compared with a dump.</summary>
    public void Reset(Plan plan) => _programmed = plan;

    /// <summary>
    /// The flows to send for a removal: one whose key is also added is replaced by the addition, and deleting it afterwards would
    /// take the new one away.
    /// </summary>
    public static ImmutableArray<Flow> Deletions(FlowChange change)
    {
        var replaced = change.Added.Select(f => f.Flow.Key).ToHashSet();
        return [.. change.Removed.Select(f => f.Flow).Where(f => !replaced.Contains(f.Key))];
    }
}
