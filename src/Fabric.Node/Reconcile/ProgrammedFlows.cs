using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node;

/// <summary>What is known to be in Open vSwitch: every flow that a bundle has confirmed, by owner.</summary>
public sealed class ProgrammedFlows
{
    private readonly SortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> _byOwner = [];

    public int Count => _byOwner.Values.Sum(f => f.Length);

    public IEnumerable<PlannedFlow> All => _byOwner.Values.SelectMany(f => f);

    public bool TryGet(PersistenceId owner, out ImmutableArray<PlannedFlow> flows) => _byOwner.TryGetValue(owner, out flows);

    public bool HasAny(PersistenceId owner) => _byOwner.TryGetValue(owner, out var flows) && flows.Length > 0;

    /// <summary>What must change so that the plan is programmed. Unchanged owners cost one comparison.</summary>
    public FlowChange ChangeTo(ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> plan)
    {
        var removed = new List<PlannedFlow>();
        var added = new List<PlannedFlow>();
        var owners = new List<PersistenceId>();
        foreach (var (owner, flows) in plan)
        {
            var before = _byOwner.GetValueOrDefault(owner, []);
            if (before == flows)
                continue;
            owners.Add(owner);
            var keep = before.Select(f => f.Text.Id).ToHashSet();
            var now = flows.Select(f => f.Text.Id).ToHashSet();
            added.AddRange(flows.Where(f => !keep.Contains(f.Text.Id)));
            removed.AddRange(before.Where(f => !now.Contains(f.Text.Id)));
        }
        foreach (var (owner, flows) in _byOwner)
        {
            if (plan.ContainsKey(owner))
                continue;
            owners.Add(owner);
            removed.AddRange(flows);
        }
        return new FlowChange([.. removed], [.. added], [.. owners], plan);
    }

    public void Confirm(FlowChange change)
    {
        foreach (var owner in change.Owners)
        {
            if (change.Plan.TryGetValue(owner, out var flows))
                _byOwner[owner] = flows;
            else
                _byOwner.Remove(owner);
        }
    }

    /// <summary>Takes the whole plan as programmed, after it was compared with a dump.</summary>
    public void Reset(ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> plan)
    {
        _byOwner.Clear();
        foreach (var (owner, flows) in plan)
            _byOwner[owner] = flows;
    }

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
