using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Each node name belongs to one uid at a time, each uid to one name, and a member's incarnation only grows.
/// </summary>
/// <remarks>
/// Only the singleton's holder feeds it, with leases as that holder's own clock judges them. An expired lease makes a
/// member Unreachable and nothing more; Down needs the node's own farewell, or another node in its place.
/// </remarks>
public sealed class Membership : IEntity<Membership.State>
{
    public const string PersistenceKind = "membership";

    /// <summary>
    /// So that a commit stays below <see cref="ClusterStoreLimits.MaxCommitBytes"/>; the observer repeats until quiet.
    /// </summary>
    public const int MaxEventsPerCommit = 1_024;

    private const string RenewsAgain = "its lease is renewed again";

    public static PersistenceId Id(string cluster) => new(PersistenceKind, cluster);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <summary>
        /// All node leases that there are, with their liveness; a lease that is not listed has been deleted.
        /// </summary>
        public sealed record Observe(ImmutableArray<LeaseSighting> Leases) : Command;
    }

    /// <param name="Complete">False if there was more to record than one commit takes: repeat the command.</param>
    public sealed record Observed(bool Complete) : IReply;

    public sealed record State(ImmutableSortedDictionary<NodeName, Member> Members)
    {
        /// <summary>The members that may be given a pod CIDR.</summary>
        [System.Text.Json.Serialization.JsonIgnore]
        public IEnumerable<Member> Up => Members.Values.Where(m => m.State is MemberState.Up);
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "membership-state/1";

    public JsonTypeInfo<State> StateJson => ClusterJson.Default.MembershipState;

    public State Initial { get; } = new(ImmutableSortedDictionary<NodeName, Member>.Empty);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Observe observe => Observe(state, observe.Leases, at),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        MembershipEvent.MemberJoining x => With(state, new Member(x.Node, x.NodeUid, x.Incarnation, x.UnderlayAddresses, x.Vteps,
            x.Version, MemberState.Joining, "its lease appeared", x.Since)),
        MembershipEvent.MemberRestarted x => With(state, new Member(x.Node, x.NodeUid, x.Incarnation, x.UnderlayAddresses, x.Vteps,
            x.Version, MemberState.Joining, "its agent restarted", x.Since)),
        MembershipEvent.MemberUp x => Move(state, x.Node, MemberState.Up, x.Reason, x.Since),
        MembershipEvent.MemberUnreachable x => Move(state, x.Node, MemberState.Unreachable, x.Reason, x.Since),
        MembershipEvent.MemberLeaving x => Move(state, x.Node, MemberState.Leaving, x.Reason, x.Since),
        MembershipEvent.MemberDown x => Move(state, x.Node, MemberState.Down, x.Reason, x.Since),
        MembershipEvent.MemberRemoved x => new State(state.Members.Remove(x.Node)),
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private Decision Observe(State state, ImmutableArray<LeaseSighting> leases, DateTimeOffset at)
    {
        var events = ImmutableArray.CreateBuilder<IEvent>();
        var seen = new SortedDictionary<NodeName, LeaseSighting>();
        foreach (var sighting in leases)
            seen[sighting.Lease.Node] = sighting;
        var names = new SortedSet<NodeName>(state.Members.Keys);
        names.UnionWith(seen.Keys);
        var holders = HoldersOf(state);
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
                    See(member, sighting, seen, holders, events, at);
                else if (member is not null)
                    Miss(member, events, at);
                if (events.Count > MaxEventsPerCommit)
                {
                    events.RemoveRange(before, events.Count - before);
                    return new Decision.Accepted(events.ToImmutable(), new Observed(Complete: false));
                }
                for (var i = before; i < events.Count; i++)
                    state = Evolve(state, events[i]);
                if (events.Count > before)
                    holders = HoldersAfter(state, holders, events, before);
            }
        }
        return new Decision.Accepted(events.ToImmutable(), new Observed(Complete: true));
    }

    private static SortedDictionary<string, Member> HoldersAfter(State state, SortedDictionary<string, Member> holders,
        ImmutableArray<IEvent>.Builder events, int first)
    {
        foreach (var node in events.Skip(first).Cast<MembershipEvent>().Select(e => e.Node).Distinct())
        {
            foreach (var uid in holders.Where(h => h.Value.Node == node).Select(h => h.Key).ToList())
                holders.Remove(uid);
            if (state.Members[node] is { State: not MemberState.Down } member)
                holders[member.Uid] = member;
        }
        return holders;
    }

    private static SortedDictionary<string, Member> HoldersOf(State state)
    {
        var holders = new SortedDictionary<string, Member>(StringComparer.Ordinal);
        foreach (var member in state.Members.Values.Where(m => m.State is not MemberState.Down))
            holders[member.Uid] = member;
        return holders;
    }

    private static void See(Member? member, LeaseSighting sighting, SortedDictionary<NodeName, LeaseSighting> seen,
        SortedDictionary<string, Member> holders, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        var lease = sighting.Lease;
        var other = holders.GetValueOrDefault(lease.Uid) is { } holder && holder.Node != lease.Node ? holder : null;
        if (member?.Uid == lease.Uid && other is null)
        {
            if (lease.Incarnation >= member.Incarnation)
                Follow(member, sighting, events, at);
            return;
        }
        // Nobody knows this node yet. A lease that no observer has seen alive is no reason to let it in, nor is a
        // farewell.
        if (sighting.Liveness == LeaseLiveness.Expired || lease.State == NodeLeaseState.Leaving)
            return;
        if (other is not null)
        {
            // The same uid under two names is a copied state directory while both are alive, else a renamed machine.
            if (seen.TryGetValue(other.Node, out var rival) && rival.Lease.Uid == lease.Uid
                && rival.Liveness != LeaseLiveness.Expired)
                return;
            events.Add(new MembershipEvent.MemberDown(other.Node, other.Incarnation, $"the node goes on as {lease.Node}", at));
        }
        if (member is { State: not MemberState.Down })
            events.Add(new MembershipEvent.MemberDown(lease.Node, member.Incarnation,
                $"replaced by a node of the same name with uid {lease.Uid}", at));
        events.Add(new MembershipEvent.MemberJoining(lease.Node, lease.Uid, lease.Incarnation, lease.UnderlayAddresses, lease.Vteps,
            lease.Version, at));
        events.Add(new MembershipEvent.MemberUp(lease.Node, lease.Incarnation, "its lease is held", at));
    }

    private static void Follow(Member member, LeaseSighting sighting, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        var (lease, liveness) = (sighting.Lease, sighting.Liveness);
        var state = member.State;
        if (lease.Incarnation > member.Incarnation)
        {
            events.Add(new MembershipEvent.MemberRestarted(lease.Node, lease.Uid, lease.Incarnation, lease.UnderlayAddresses,
                lease.Vteps, lease.Version, at));
            state = MemberState.Joining;
        }
        var next = (lease.State, liveness) switch
        {
            (NodeLeaseState.Up, LeaseLiveness.Live) => MemberState.Up,
            // A dead node's lease looks the same to a new observer: only a first life or a new one is taken on its
            // word.
            (NodeLeaseState.Up, LeaseLiveness.Unproven) => state == MemberState.Joining ? MemberState.Up : state,
            (NodeLeaseState.Leaving, LeaseLiveness.Live or LeaseLiveness.Unproven) =>
                state == MemberState.Down || state == MemberState.Unreachable && liveness == LeaseLiveness.Unproven
                    ? state
                    : MemberState.Leaving,
            _ => state == MemberState.Down ? state : MemberState.Unreachable,
        };
        if (next == state)
            return;
        events.Add(next switch
        {
            MemberState.Up => new MembershipEvent.MemberUp(lease.Node, lease.Incarnation,
                state == MemberState.Joining ? "its lease is held" : RenewsAgain, at),
            MemberState.Leaving => new MembershipEvent.MemberLeaving(lease.Node, lease.Incarnation, "its lease says so", at),
            _ => new MembershipEvent.MemberUnreachable(lease.Node, lease.Incarnation, "its lease has not been renewed in time", at),
        });
    }

    private static void Miss(Member member, ImmutableArray<IEvent>.Builder events, DateTimeOffset at)
    {
        if (member.State is MemberState.Leaving)
            events.Add(new MembershipEvent.MemberDown(member.Node, member.Incarnation, "it left and withdrew its lease", at));
        else if (member.State is MemberState.Up or MemberState.Joining)
            events.Add(new MembershipEvent.MemberUnreachable(member.Node, member.Incarnation, "its lease is gone", at));
    }

    private static State With(State state, Member member) => new(state.Members.SetItem(member.Node, member));

    private static State Move(State state, NodeName node, MemberState to, string reason, DateTimeOffset since) =>
        state.Members.TryGetValue(node, out var member)
            ? With(state, member with { State = to, Reason = reason, Since = since })
            : state;
}
