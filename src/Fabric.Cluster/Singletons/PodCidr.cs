using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Each node uid holds at most one block of each family, and no block has two holders or overlaps another.
/// </summary>
/// <remarks>
/// A node keeps its blocks until <see cref="Command.Free"/>; restarts, silence and absence free nothing. One that comes back
/// gets its old blocks again while nobody else has got them.
/// </remarks>
public sealed partial class PodCidr : IEntity<PodCidr.State>
{
    public const string PersistenceKind = "podcidr";

    /// <summary>The source in which this entity decides.</summary>
    public const string SourceFabric = "fabric";

    /// <summary>The source in which the Node objects' <c>spec.podCIDRs</c> decide.</summary>
    public const string SourceKubernetes = "kubernetes";

    /// <summary>
    /// So that a commit stays below <see cref="ClusterStoreLimits.MaxCommitBytes"/>; the rest comes with a repeat.
    /// </summary>
    public const int MaxEventsPerCommit = 2_048;

    /// <summary>At this share of a family's blocks, in percent, the stream says that they run low.</summary>
    public const int LowPercent = 80;

    public static PersistenceId Id(string cluster) => new(PersistenceKind, cluster);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <summary>
        /// States the source and the first ranges. Once they are chosen it changes nothing: a node whose settings are older
        /// than the cluster does not take back what was added since.
        /// </summary>
        public sealed record Configure(string Source, ImmutableArray<ClusterCidr> ClusterCidrs) : Command;

        /// <summary>One more range, on the operator's word. A range is never changed or taken away.</summary>
        public sealed record Add(ClusterCidr ClusterCidr) : Command;

        /// <summary>Gives each of these nodes a block of each configured family; who has one keeps it.</summary>
        /// <param name="Rested">
        /// The freed blocks that have rested, so that packets and caches that named their old pods have died out; any other
        /// goes to nobody but who held it.
        /// </param>
        public sealed record Assign(ImmutableArray<NodeRef> Nodes, ImmutableSortedDictionary<Cidr, Rest> Rested) : Command;

        /// <summary>
        /// What Kubernetes' own allocator has given these nodes (<c>Node.spec.podCIDRs</c>); for <see cref="SourceKubernetes"/> only.
        /// </summary>
        public sealed record Record(ImmutableArray<NodeBlocks> Nodes) : Command;

        /// <summary>
        /// Takes nodes' blocks back, on the operator's or the nodes' own word that no pod uses them.
        /// </summary>
        public sealed record Free(ImmutableArray<NodeRef> Nodes, string Reason) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Configured : Reply;

        public sealed record Added : Reply;

        /// <param name="Complete">False if there were more nodes than one commit takes: repeat the command.</param>
        /// <param name="Waiting">The nodes that got nothing, in order.</param>
        /// <param name="Shortage">Why, with the numbers; null if nobody waits.</param>
        public sealed record Assigned(bool Complete, ImmutableArray<NodeName> Waiting, string? Shortage) : Reply;

        /// <param name="Complete">False if there were more nodes than one commit takes: repeat the command.</param>
        /// <param name="Refused">The nodes whose blocks can't be theirs, each with the reason, in order.</param>
        public sealed record Recorded(bool Complete, ImmutableArray<(NodeName Node, string Reason)> Refused) : Reply;

        /// <param name="Complete">False if there were more nodes than one commit takes: repeat the command.</param>
        public sealed record Freed(bool Complete, ImmutableArray<Cidr> Cidrs) : Reply;
    }

    /// <param name="Cidrs">Sorted: IPv4 before IPv6.</param>
    public sealed record Assignment(NodeName Node, string Uid, ImmutableArray<Cidr> Cidrs);

    /// <param name="Uid">Who held it, and may have it back at once.</param>
    public sealed record Rest(DateTimeOffset Since, string Uid);

    /// <param name="Assigned">By node uid.</param>
    /// <param name="Resting">Freed blocks; an entry goes when the block is assigned again.</param>
    /// <param name="LowIsV6">The families that were said to run low and do so still: true is IPv6.</param>
    public sealed record State(
        string? Source,
        ImmutableSortedSet<ClusterCidr> ClusterCidrs,
        ImmutableSortedDictionary<string, Assignment> Assigned,
        ImmutableSortedDictionary<Cidr, Rest> Resting,
        ImmutableSortedSet<bool> LowIsV6)
    {
        // Ordinal also after a snapshot was read: an order that depends on a culture would differ between nodes.
        public ImmutableSortedDictionary<string, Assignment> Assigned { get; init; } =
            Assigned.WithComparers(StringComparer.Ordinal);

        public ImmutableArray<Cidr> CidrsOf(string uid) => Assigned.TryGetValue(uid, out var held) ? held.Cidrs : [];
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "pod-cidr-state/1";

    public JsonTypeInfo<State> StateJson => ClusterJson.Default.PodCidrState;

    public State Initial { get; } = new(null, [], ImmutableSortedDictionary<string, Assignment>.Empty,
        ImmutableSortedDictionary<Cidr, Rest>.Empty, []);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Configure configure => Configure(state, configure),
        Command.Add add => Add(state, add.ClusterCidr),
        Command.Assign when state.Source is null => Decision.Reject("not-configured", "no pod CIDR source has been chosen yet"),
        Command.Assign when state.Source != SourceFabric => Decision.Reject("source-fixed",
            $"pod CIDRs come from {state.Source}, so {SourceFabric} assigns none"),
        Command.Assign assign => Assign(state, assign),
        Command.Record when state.Source != SourceKubernetes => Decision.Reject("source-fixed",
            $"pod CIDRs come from {state.Source ?? "nowhere yet"}, so those of Node objects do not count"),
        Command.Record record => Record(state, record, at),
        Command.Free free => Free(state, free, at),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        PodCidrEvent.SourceChosen chosen => state with { Source = chosen.Source },
        PodCidrEvent.ClusterCidrAdded added => Ease(state with
        {
            ClusterCidrs = state.ClusterCidrs.Add(new ClusterCidr(added.Cidr, added.NodePrefixLength)),
        }),
        PodCidrEvent.PodCidrAssigned x => state with
        {
            Assigned = state.Assigned.SetItem(x.NodeUid, new Assignment(x.Node, x.NodeUid, x.Cidrs)),
            Resting = state.Resting.RemoveRange(x.Cidrs),
        },
        PodCidrEvent.PodCidrFreed freed => Ease(state with
        {
            Assigned = state.Assigned.Remove(freed.NodeUid),
            Resting = state.Resting.SetItems(freed.Cidrs.Select(c => KeyValuePair.Create(c, new Rest(freed.At, freed.NodeUid)))),
        }),
        PodCidrEvent.PodCidrRunningLow low => state with { LowIsV6 = state.LowIsV6.Add(low.IsV6) },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static Decision Configure(State state, Command.Configure wanted)
    {
        if (wanted.Source is not (SourceFabric or SourceKubernetes))
            return Decision.Reject("source-unknown",
                $"pod CIDR source '{wanted.Source}' is neither '{SourceFabric}' nor '{SourceKubernetes}'");
        if (state.Source is { } source && source != wanted.Source)
            return Decision.Reject("source-fixed",
                $"pod CIDRs of this cluster come from {source}; the source can't become {wanted.Source}");
        if (state.Source is not null)
            return Decision.AcceptAndReply(new Reply.Configured());
        var events = ImmutableArray.CreateBuilder<IEvent>();
        events.Add(new PodCidrEvent.SourceChosen(wanted.Source));
        var known = state.ClusterCidrs;
        foreach (var range in wanted.ClusterCidrs.Order().Distinct())
        {
            if (Fault(known, range) is { } fault)
                return Decision.Reject("cluster-cidr-invalid", fault);
            known = known.Add(range);
            events.Add(new PodCidrEvent.ClusterCidrAdded(range.Cidr, range.NodePrefixLength));
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Configured());
    }

    private static Decision Add(State state, ClusterCidr range)
    {
        if (state.Source is null)
            return Decision.Reject("not-configured", "the cluster has not chosen its first cluster CIDR yet");
        if (state.ClusterCidrs.TryGetValue(range, out var same) && same == range)
            return Decision.AcceptAndReply(new Reply.Added());
        return Fault(state.ClusterCidrs, range) is { } fault
            ? Decision.Reject("cluster-cidr-invalid", fault)
            : Decision.AcceptAndReply(new Reply.Added(), new PodCidrEvent.ClusterCidrAdded(range.Cidr, range.NodePrefixLength));
    }

    private static Decision Free(State state, Command.Free free, DateTimeOffset at)
    {
        var held = free.Nodes.Select(n => state.Assigned.GetValueOrDefault(n.Uid)).OfType<Assignment>().Distinct().ToList();
        ImmutableArray<IEvent> events =
        [
            .. held.Take(MaxEventsPerCommit).Select(h => new PodCidrEvent.PodCidrFreed(h.Node, h.Uid, h.Cidrs, free.Reason, at)),
        ];
        return new Decision.Accepted(events, new Reply.Freed(
            held.Count <= MaxEventsPerCommit, [.. held.Take(MaxEventsPerCommit).SelectMany(h => h.Cidrs)]));
    }

    private static string? Fault(ImmutableSortedSet<ClusterCidr> known, ClusterCidr range) =>
        range.Fault() ?? (known.FirstOrDefault(k => k.Cidr.Overlaps(range.Cidr)) is { } clash
            ? $"cluster CIDR {range} overlaps {clash}, which is in use"
            : null);
}
