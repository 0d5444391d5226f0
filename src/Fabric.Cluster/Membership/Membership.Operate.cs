using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What operators ask for, and what time does in their name.</summary>
public sealed partial class Membership
{
    private static Decision Drain(State state, Command.Drain drain, DateTimeOffset at)
    {
        if (!state.Members.TryGetValue(drain.Node, out var member))
            return Unknown(state, drain.Node, null);
        if (member.IsDrained == drain.IsDrained)
            return Decision.AcceptAndReply(new Reply.Done());
        var drained = new MembershipEvent.MemberDrained(member.Node, member.Uid, drain.IsDrained, drain.Reason, at);
        return (member.State, drain.IsDrained) switch
        {
            (MemberState.Up, true) => Decision.AcceptAndReply(new Reply.Done(), drained,
                new MembershipEvent.MemberLeaving(member.Node, member.Incarnation, "it is drained", at)),
            (MemberState.Leaving, false) => Decision.AcceptAndReply(new Reply.Done(), drained,
                new MembershipEvent.MemberUp(member.Node, member.Incarnation, "it is no longer drained", at)),
            // What its agent does is the observer's to say.
            _ => Decision.AcceptAndReply(new Reply.Done(), drained),
        };
    }

    private static Decision Remove(State state, Command.Remove remove, DateTimeOffset at)
    {
        var member = state.Members.GetValueOrDefault(remove.Node) is { } present && (remove.Uid ?? present.Uid) == present.Uid
            ? present
            : null;
        var former = state.Former.Values.Where(f => f.Node == remove.Node && (remove.Uid ?? f.Uid) == f.Uid).ToList();
        if (member is null && former.Count == 0)
            return Unknown(state, remove.Node, remove.Uid);
        if (member is { State: not (MemberState.Unreachable or MemberState.Down) } && !remove.IsForced)
            return Decision.Reject("node-up", StillUp(member, former));
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var freed = ImmutableArray.CreateBuilder<NodeRef>();
        if (member is not null)
        {
            events.Add(new MembershipEvent.MemberRemoved(
                member.Node, member.Uid, Last(member.Uid, member.Incarnation), FreesCidrs: true, remove.Reason, at));
            freed.Add(member.Ref);
        }
        foreach (var gone in former)
        {
            if (!gone.FreesCidrs)
                events.Add(new MembershipEvent.MemberRemoved(
                    gone.Node, gone.Uid, Last(gone.Uid, gone.Incarnation), FreesCidrs: true, remove.Reason, at));
            freed.Add(gone.Ref);
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Removed(freed.ToImmutable()));

        long Last(string uid, long known) => remove.Lease is { } lease && lease.Uid == uid ? Math.Max(known, lease.Incarnation) : known;
    }

    private static Decision RemoveSilent(State state, Command.RemoveSilent silent, DateTimeOffset at)
    {
        var events = ImmutableArray.CreateBuilder<IEvent>();
        foreach (var (node, incarnation) in silent.Members.Distinct().Take(MaxEventsPerCommit))
        {
            // Whoever has come back meanwhile is not silent.
            if (state.Members.TryGetValue(node.Node, out var member) && member.Uid == node.Uid && member.Incarnation == incarnation
                && member.State is (MemberState.Unreachable or MemberState.Down))
                events.Add(new MembershipEvent.MemberRemoved(member.Node, member.Uid, incarnation, FreesCidrs: false, silent.Reason, at));
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Done());
    }

    private static Decision RemoveDeleted(State state, Command.RemoveDeleted deleted, DateTimeOffset at)
    {
        var members = state.Members.Values.Where(m => deleted.ObjectUids.Contains(m.ObjectUid ?? ""))
            .Select(m => (m.Ref, m.Incarnation));
        var former = state.Former.Values.Where(f => !f.FreesCidrs && deleted.ObjectUids.Contains(f.ObjectUid ?? ""))
            .Select(f => (f.Ref, f.Incarnation));
        return new Decision.Accepted(
            [
                .. members.Concat(former).Take(MaxEventsPerCommit).Select(gone => new MembershipEvent.MemberRemoved(
                    gone.Ref.Node, gone.Ref.Uid, gone.Incarnation, FreesCidrs: true, deleted.Reason, at)),
            ], new Reply.Done());
    }

    private static string StillUp(Member member, List<FormerMember> former)
    {
        var text = $"node {member.Node} (uid {member.Uid}) is {member.State.ToString().ToLowerInvariant()}: its agent runs. "
            + "Stop the agent first, or force the removal; it then comes back as soon as it has found out";
        var held = former.Where(f => !f.FreesCidrs).Select(f => f.Uid).ToList();
        return held.Count == 0 ? text : $"{text}. Who had the name before can be removed by uid: {string.Join(", ", held)}";
    }

    private static Decision Unknown(State state, NodeName node, string? uid)
    {
        const int Shown = 20;
        var names = state.Members.Keys.Take(Shown).Select(n => n.Value).ToList();
        var known = names.Count == 0 ? "there is none" : string.Join(", ", names);
        var more = state.Members.Count > Shown ? $" and {state.Members.Count - Shown} more" : "";
        return Decision.Reject("unknown-node",
            $"the cluster has no node {node}{(uid is null ? "" : $" with uid {uid}")}; its members: {known}{more}");
    }
}
