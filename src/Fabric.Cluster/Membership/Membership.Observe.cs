using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What leases say of members.</summary>
public sealed partial class Membership
{
    private Decision Observe(State state, ImmutableArray<LeaseSighting> leases, DateTimeOffset at)
    {
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var seen = new SortedDictionary<NodeName, LeaseSighting>();
        foreach (var sighting in leases)
            seen[sighting.Lease.Node] = sighting;
        var names = new SortedSet<NodeName>(state.Members.Keys);
        names.UnionWith(seen.Keys);
        var holders = new SortedDictionary<string, Member>(StringComparer.Ordinal);
        foreach (var member in state.Members.Values)
            holders[member.Uid] = member;
        // What becomes of one node may settle another (a uid that is free now), so it goes round until nothing is left
        // to say.
        for (var said = -1; said != events.Count;)
        {
            said = events.Count;
            foreach (var name in names)
            {
                var before = events.Count;
                var member = state.Members.GetValueOrDefault(name);
                if (seen.TryGetValue(name, out var sighting))
                    See(state, member, sighting, seen, holders, events, at);
                else if (member is not null)
                    Miss(member, events, at);
                if (events.Count > MaxEventsPerCommit)
                {
                    events.RemoveRange(before, events.Count - before);
                    return new Decision.Accepted(events.ToImmutable(), new Reply.Observed(Complete: false));
                }
                for (var i = before; i < events.Count; i++)
                    state = Evolve(state, events[i]);
                if (events.Count > before)
                    Follow(holders, state, events.Skip(before));
            }
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Observed(Complete: true));
    }

    /// <summary>Keeps the view by uid in step, without going through all members again.</summary>
    private static void Follow(SortedDictionary<string, Member> holders, State state, IEnumerable<IEvent> events)
    {
        foreach (var node in events.Cast<MembershipEvent>().Select(e => e.Node).Distinct())
        {
            foreach (var uid in holders.Where(h => h.Value.Node == node).Select(h => h.Key).ToList())
                holders.Remove(uid);
            if (state.Members.TryGetValue(node, out var member))
                holders[member.Uid] = member;
        }
    }

    private static void See(State state, Member? member, LeaseSighting sighting, SortedDictionary<NodeName, LeaseSighting> seen,
        SortedDictionary<string, Member> holders, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        var lease = sighting.Lease;
        var other = holders.GetValueOrDefault(lease.Uid) is { } holder && holder.Node != lease.Node ? holder : null;
        if (member?.Uid == lease.Uid && other is null)
        {
            if (lease.Incarnation >= member.Incarnation)
                Judge(member, sighting, events, at);
            return;
        }
        // Nobody knows this node yet. A lease that has run out is no reason to let it in, nor is a farewell.
        if (sighting.Liveness == LeaseLiveness.Expired || lease.State != NodeLeaseState.Up)
            return;
        // It has not found out yet that it was removed.
        if (state.Former.GetValueOrDefault(lease.Uid) is { State: MemberState.Removed } former && lease.Incarnation <= former.Incarnation)
            return;
        if (other is not null)
        {
            // The same uid under two names is a copied state directory while both are alive, else a renamed machine.
            if (seen.TryGetValue(other.Node, out var rival) && rival.Lease.Uid == lease.Uid
                && rival.Lease.State == NodeLeaseState.Up && rival.Liveness != LeaseLiveness.Expired)
                return;
            events.Add(new MembershipEvent.MemberRemoved(
                other.Node, other.Uid, other.Incarnation, FreesCidrs: false, $"the node goes on as {lease.Node}", at));
        }
        if (member is { State: not MemberState.Down })
            events.Add(new MembershipEvent.MemberDown(lease.Node, member.Incarnation,
                $"replaced by a node of the same name with uid {lease.Uid}", at));
        events.Add(new MembershipEvent.MemberJoining(lease.Node, lease.Uid, lease.Incarnation, lease.UnderlayAddresses, lease.Vteps,
            lease.Version, lease.EventLevel, at, lease.ObjectUid));
        events.Add(new MembershipEvent.MemberUp(lease.Node, lease.Incarnation, "its lease is held", at));
    }

    private static void Judge(Member member, LeaseSighting sighting, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        var (lease, liveness) = (sighting.Lease, sighting.Liveness);
        var state = member.State;
        if (lease.Incarnation > member.Incarnation)
        {
            events.Add(new MembershipEvent.MemberRestarted(lease.Node, lease.Uid, lease.Incarnation, lease.UnderlayAddresses,
                lease.Vteps, lease.Version, lease.EventLevel, at, lease.ObjectUid));
            state = MemberState.Joining;
        }
        if (lease.State != NodeLeaseState.Up)
        {
            // A farewell stays true however old it is.
            Part(member, lease, state, events, at);
            return;
        }
        var present = member.IsDrained ? MemberState.Leaving : MemberState.Up;
        var next = liveness switch
        {
            LeaseLiveness.Live => present,
            // A dead node's lease looks the same to a new observer: only a first life or a new one is taken on its
            // word.
            LeaseLiveness.Unproven => state == MemberState.Joining ? present : state,
            _ => state == MemberState.Down ? state : MemberState.Unreachable,
        };
        if (next == state)
            return;
        events.Add(next switch
        {
            MemberState.Up => new MembershipEvent.MemberUp(lease.Node, lease.Incarnation,
                state == MemberState.Joining ? "its lease is held" : "its lease is renewed again", at),
            MemberState.Leaving => new MembershipEvent.MemberLeaving(lease.Node, lease.Incarnation, "it is drained", at),
            _ => new MembershipEvent.MemberUnreachable(lease.Node, lease.Incarnation, "its lease has not been renewed in time", at),
        });
    }

    private static void Part(
        Member member, NodeLeaseRecord lease, MemberState state, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        if (lease.State == NodeLeaseState.Stopped && state == MemberState.Down)
            return;
        if (state != MemberState.Leaving && state != MemberState.Down)
            events.Add(new MembershipEvent.MemberLeaving(lease.Node, lease.Incarnation, "its agent says farewell", at));
        events.Add(lease.State == NodeLeaseState.Stopped
            ? new MembershipEvent.MemberDown(lease.Node, lease.Incarnation, "its agent has stopped; its pods stay", at)
            : new MembershipEvent.MemberRemoved(lease.Node, member.Uid, lease.Incarnation, FreesCidrs: true,
                "it left for good: drained, and no attachment was left", at));
    }

    private static void Miss(Member member, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        if (member.State is MemberState.Up or MemberState.Joining or MemberState.Leaving)
            events.Add(new MembershipEvent.MemberUnreachable(member.Node, member.Incarnation, "its lease is gone", at));
    }
}
