using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Each node name belongs to one uid at a time, each uid to one name, and a member's incarnation only grows.
/// </summary>
/// <remarks>
/// Only the singleton's holder feeds it leases, as that holder's own clock judges them; operators' commands come from any
/// node. An expired lease makes a member Unreachable and nothing more; Down needs the node's own farewell, or another node
/// in its place; Removed somebody's word, or a time that was chosen for it. A uid that was removed is no member again
/// before it has taken a higher incarnation, which it does when it has found out.
/// </remarks>
public sealed partial class Membership : IEntity<Membership.State>
{
    public const string PersistenceKind = "membership";

    /// <summary>
    /// So that a commit stays below <see cref="ClusterStoreLimits.MaxCommitBytes"/>; the observer repeats until quiet.
    /// </summary>
    public const int MaxEventsPerCommit = 1_024;

    /// <summary>So many uids that hold nothing any more are remembered, the newest.</summary>
    public const int MaxFormer = 1_000;

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

        /// <summary>The singletons run on this node now.</summary>
        public sealed record Lead(NodeRef Node, long Incarnation) : Command;

        /// <summary>The node takes no new pods from now on, or takes them again.</summary>
        public sealed record Drain(NodeName Node, bool IsDrained, string Reason) : Command;

        /// <summary>Takes a node, and whoever had its name before, out of the cluster.</summary>
        /// <param name="Uid">Only this uid; null for the name as a whole.</param>
        /// <param name="IsForced">Also if its agent runs; that one finds out and comes back.</param>
        /// <param name="Lease">
        /// What the node's lease says, if there is one: the node may have started again since it was last observed, and that life is
        /// removed too.
        /// </param>
        public sealed record Remove(NodeName Node, string? Uid, bool IsForced, string Reason, NodeLeaseRecord? Lease = null) : Command;

        /// <summary>They have been silent for the time that was chosen for that: they leave the meshes and keep their CIDRs.</summary>
        public sealed record RemoveSilent(ImmutableArray<SilentMember> Members, string Reason) : Command;

        /// <summary>
        /// Their Node objects are no more: the cluster's operator says that the machines are gone, and what they held is free.
        /// </summary>
        /// <param name="ObjectUids">The uids of Node objects that do not exist any more, and never will again.</param>
        public sealed record RemoveDeleted(ImmutableSortedSet<string> ObjectUids, string Reason) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        /// <param name="Complete">False if there was more to record than one commit takes: repeat the command.</param>
        public sealed record Observed(bool Complete) : Reply;

        public sealed record Done : Reply;

        /// <param name="Nodes">The uids whose holdings are free now, also those of an earlier command.</param>
        public sealed record Removed(ImmutableArray<NodeRef> Nodes) : Reply;
    }

    /// <param name="Former">By uid: those that are no members any more and hold something, or were so lately.</param>
    /// <param name="Singleton">Where the singletons run, as their holder said last.</param>
    public sealed record State(
        ImmutableSortedDictionary<NodeName, Member> Members,
        ImmutableSortedDictionary<string, FormerMember> Former,
        MembershipEvent.SingletonMoved? Singleton)
    {
        // Ordinal also after a snapshot was read: an order that depends on a culture would differ between nodes.
        public ImmutableSortedDictionary<string, FormerMember> Former { get; init; } = Former.WithComparers(StringComparer.Ordinal);

        /// <summary>The members that may be given a pod CIDR.</summary>
        [JsonIgnore]
        public IEnumerable<Member> Up => Members.Values.Where(m => m.State is MemberState.Up);

        /// <summary>The newest events that every member can read; without members, those of the first release.</summary>
        [JsonIgnore]
        public int EventLevel => Members.Values.Select(m => m.EventLevel).DefaultIfEmpty(1).Min();
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "membership-state/1";

    public JsonTypeInfo<State> StateJson => ClusterJson.Default.MembershipState;

    public State Initial { get; } = new(
        ImmutableSortedDictionary<NodeName, Member>.Empty, ImmutableSortedDictionary<string, FormerMember>.Empty, null);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Observe observe => Observe(state, observe.Leases, at),
        Command.Lead lead when state.Singleton is { } now && now.NodeUid == lead.Node.Uid && now.Incarnation == lead.Incarnation =>
            Decision.AcceptAndReply(new Reply.Done()),
        Command.Lead lead => Decision.AcceptAndReply(
            new Reply.Done(), new MembershipEvent.SingletonMoved(lead.Node.Node, lead.Node.Uid, lead.Incarnation, at)),
        Command.Drain drain => Drain(state, drain, at),
        Command.Remove remove => Remove(state, remove, at),
        Command.RemoveSilent silent => RemoveSilent(state, silent, at),
        Command.RemoveDeleted deleted => RemoveDeleted(state, deleted, at),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        MembershipEvent.MemberJoining x => Join(state, new Member(x.Node, x.NodeUid, x.Incarnation, x.UnderlayAddresses, x.Vteps,
            x.Version, x.EventLevel, IsDrained: false, MemberState.Joining, "its lease appeared", x.Since, x.ObjectUid)),
        MembershipEvent.MemberRestarted x => With(state, new Member(x.Node, x.NodeUid, x.Incarnation, x.UnderlayAddresses, x.Vteps,
            x.Version, x.EventLevel, state.Members.GetValueOrDefault(x.Node)?.IsDrained ?? false, MemberState.Joining,
            "its agent restarted", x.Since, x.ObjectUid)),
        MembershipEvent.MemberUp x => Move(state, x.Node, MemberState.Up, x.Reason, x.Since),
        MembershipEvent.MemberUnreachable x => Move(state, x.Node, MemberState.Unreachable, x.Reason, x.Since),
        MembershipEvent.MemberLeaving x => Move(state, x.Node, MemberState.Leaving, x.Reason, x.Since),
        MembershipEvent.MemberDown x => Move(state, x.Node, MemberState.Down, x.Reason, x.Since),
        MembershipEvent.MemberDrained x => state.Members.TryGetValue(x.Node, out var member) && member.Uid == x.NodeUid
            ? With(state, member with { IsDrained = x.IsDrained })
            : state,
        MembershipEvent.MemberRemoved x => Forget(state, new FormerMember(
            x.Node, x.NodeUid, x.Incarnation, MemberState.Removed, x.FreesCidrs, x.Reason, x.Since, ObjectUidOf(state, x))),
        MembershipEvent.SingletonMoved x => state with { Singleton = x },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    /// <summary>Who had the name before still holds what it held, until somebody removes it.</summary>
    private static State Join(State state, Member member)
    {
        var before = state.Members.GetValueOrDefault(member.Node);
        var former = state.Former.Remove(member.Uid);
        if (before is not null && before.Uid != member.Uid)
        {
            former = former.SetItem(before.Uid, new FormerMember(before.Node, before.Uid, before.Incarnation, MemberState.Down,
                FreesCidrs: false, $"replaced by the node of the same name with uid {member.Uid}", member.Since, before.ObjectUid));
        }
        return With(state with { Former = former }, member);
    }

    private static State Forget(State state, FormerMember gone)
    {
        var members = state.Members.TryGetValue(gone.Node, out var member) && member.Uid == gone.Uid
            ? state.Members.Remove(gone.Node)
            : state.Members;
        var former = state.Former.SetItem(gone.Uid, gone);
        var settled = former.Values.Where(f => f.FreesCidrs).ToList();
        foreach (var oldest in settled.OrderBy(f => f.Since).Take(settled.Count - MaxFormer))
            former = former.Remove(oldest.Uid);
        return state with { Members = members, Former = former };
    }

    private static string? ObjectUidOf(State state, MembershipEvent.MemberRemoved gone) =>
        state.Members.TryGetValue(gone.Node, out var member) && member.Uid == gone.NodeUid
            ? member.ObjectUid
            : state.Former.GetValueOrDefault(gone.NodeUid)?.ObjectUid;

    private static State With(State state, Member member) => state with { Members = state.Members.SetItem(member.Node, member) };

    private static State Move(State state, NodeName node, MemberState to, string reason, DateTimeOffset since) =>
        state.Members.TryGetValue(node, out var member)
            ? With(state, member with { State = to, Reason = reason, Since = since })
            : state;
}
