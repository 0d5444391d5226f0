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
/// A node keeps its blocks until <see cref="Command.Free"/>; restarts, silence and absence free nothing.
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

    /// <summary>
    /// How long a freed block rests, so that packets and caches that still name its old pods die out.
    /// </summary>
    public static readonly TimeSpan Quarantine = TimeSpan.FromMinutes(10);

    public static PersistenceId Id(string cluster) => new(PersistenceKind, cluster);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <summary>
        /// States the source and the ranges. Ranges can be added by a later command, never changed or taken away.
        /// </summary>
        public sealed record Configure(string Source, ImmutableArray<ClusterCidr> ClusterCidrs) : Command;

        /// <summary>Gives each of these nodes a block of each configured family; who has one keeps it.</summary>
        public sealed record Assign(ImmutableArray<NodeRef> Nodes) : Command;

        /// <summary>
        /// Takes a node's blocks back, on the operator's or the node's own word that no pod uses them.
        /// </summary>
        public sealed record Free(NodeRef Node, string Reason) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Configured : Reply;

        /// <param name="Complete">False if there were more nodes than one commit takes: repeat the command.</param>
        /// <param name="Waiting">The nodes that got nothing, in order.</param>
        /// <param name="Shortage">Why, with the numbers; null if nobody waits.</param>
        public sealed record Assigned(bool Complete, ImmutableArray<NodeName> Waiting, string? Shortage) : Reply;

        public sealed record Freed(ImmutableArray<Cidr> Cidrs) : Reply;
    }

    /// <param name="Cidrs">Sorted: IPv4 before IPv6.</param>
    public sealed record Assignment(NodeName Node, string Uid, ImmutableArray<Cidr> Cidrs);

    /// <param name="Assigned">By node uid.</param>
    /// <param name="Resting">
    /// Freed blocks and when they were freed; an entry goes when the block is assigned again.
    /// </param>
    public sealed record State(
        string? Source,
        ImmutableSortedSet<ClusterCidr> ClusterCidrs,
        ImmutableSortedDictionary<string, Assignment> Assigned,
        ImmutableSortedDictionary<Cidr, DateTimeOffset> Resting)
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
        ImmutableSortedDictionary<Cidr, DateTimeOffset>.Empty);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Configure configure => Configure(state, configure),
        Command.Assign when state.Source is null => Decision.Reject("not-configured", "no pod CIDR source has been chosen yet"),
        Command.Assign when state.Source != SourceFabric => Decision.Reject("source-fixed",
            $"pod CIDRs come from {state.Source}, so {SourceFabric} assigns none"),
        Command.Assign assign => Assign(state, assign.Nodes, at),
        Command.Free free when state.Assigned.TryGetValue(free.Node.Uid, out var held) => Decision.AcceptAndReply(
            new Reply.Freed(held.Cidrs),
            new PodCidrEvent.PodCidrFreed(held.Node, held.Uid, held.Cidrs, free.Reason, at)),
        Command.Free => Decision.AcceptAndReply(new Reply.Freed([])),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        PodCidrEvent.SourceChosen chosen => state with { Source = chosen.Source },
        PodCidrEvent.ClusterCidrAdded added => state with
        {
            ClusterCidrs = state.ClusterCidrs.Add(new ClusterCidr(added.Cidr, added.NodePrefixLength)),
        },
        PodCidrEvent.PodCidrAssigned x => state with
        {
            Assigned = state.Assigned.SetItem(x.NodeUid, new Assignment(x.Node, x.NodeUid, x.Cidrs)),
            Resting = state.Resting.RemoveRange(x.Cidrs),
        },
        PodCidrEvent.PodCidrFreed freed => state with
        {
            Assigned = state.Assigned.Remove(freed.NodeUid),
            Resting = state.Resting.SetItems(freed.Cidrs.Select(c => KeyValuePair.Create(c, freed.At))),
        },
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
        if (wanted.Source == SourceKubernetes && wanted.ClusterCidrs.Length > 0)
            return Decision.Reject("source-fixed", $"with source {SourceKubernetes} the cluster CIDRs are not Fabric's to state");
        var events = ImmutableArray.CreateBuilder<IEvent>();
        if (state.Source is null)
            events.Add(new PodCidrEvent.SourceChosen(wanted.Source));
        var known = state.ClusterCidrs;
        foreach (var added in wanted.ClusterCidrs.Order())
        {
            var fault = added.Fault();
            var clash = known.FirstOrDefault(k => k.Cidr.Overlaps(added.Cidr));
            if (fault is null && clash == added)
                continue;
            if (fault is not null || clash is not null)
                return Decision.Reject("cluster-cidr-invalid", fault ?? $"cluster CIDR {added} overlaps {clash}, which is in use");
            known = known.Add(added);
            events.Add(new PodCidrEvent.ClusterCidrAdded(added.Cidr, added.NodePrefixLength));
        }
        return new Decision.Accepted(events.ToImmutable(), new Reply.Configured());
    }
}
