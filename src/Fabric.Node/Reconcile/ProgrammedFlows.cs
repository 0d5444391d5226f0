using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using Plan = System.Collections.Immutable.ImmutableSortedDictionary<
    Fabric.Messages.PersistenceId, System.Collections.Immutable.ImmutableArray<Fabric.Node.PlannedFlow>>;

namespace Fabric.Node;

/// <summary>What is known to be in Open vSwitch: every flow that a bundle has confirmed, by owner.</summary>
public sealed class ProgrammedFlows
{
    private readonly Dictionary<FlowKey, int> _holders = [];
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

    public void Confirm(FlowChange change)
    {
        foreach (var flow in change.Added)
            _holders[flow.Flow.Key] = _holders.GetValueOrDefault(flow.Flow.Key) + 1;
        foreach (var flow in change.Removed)
            LetGo(flow.Flow.Key);
        _programmed = change.Plan;
    }

    /// <summary>Takes the whole plan as programmed, after it was compared with a dump.</summary>
    public void Reset(Plan plan)
    {
        _programmed = plan;
        _holders.Clear();
        foreach (var flow in All)
            _holders[flow.Flow.Key] = _holders.GetValueOrDefault(flow.Flow.Key) + 1;
    }

    /// <summary>The flows to send, so that afterwards exactly the plan's are there.</summary>
    /// <remarks>
    /// A flow is deleted by its key, whoever made it. One whose key is also added is replaced by the addition, and deleting it would take
    /// the new one away. So it would where another owner has had the key since an earlier change, as when an address goes from one peer
    /// to another and both had it for a moment: that one's flow is sent again.
    /// </remarks>
    public (ImmutableArray<Flow> Removed, ImmutableArray<Flow> Added) ToSend(FlowChange change)
    {
        var added = change.Added.Select(f => f.Flow).ToList();
        var replaced = added.Select(f => f.Key).ToHashSet();
        var going = change.Removed.Select(f => f.Flow).Where(f => !replaced.Contains(f.Key)).GroupBy(f => f.Key).ToList();
        var shared = going.Where(g => _holders.GetValueOrDefault(g.Key) > g.Count()).Select(g => g.Key).ToHashSet();
        if (shared.Count > 0)
            added.AddRange(change.Plan.Values.SelectMany(f => f).Select(f => f.Flow).Where(f => shared.Contains(f.Key)));
        return ([.. going.Where(g => !shared.Contains(g.Key)).Select(g => g.First())], [.. added]);
    }

    private void LetGo(FlowKey key)
    {
        if (_holders.GetValueOrDefault(key) is > 1 and var holders)
            _holders[key] = holders - 1;
        else
            _holders.Remove(key);
    }
}
