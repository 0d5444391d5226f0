using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>What the cluster's streams say, kept by the test alone and checked with every commit that took effect.</summary>
/// <param name="rest">For how long a freed block goes to nobody but who held it, by the world's clock.</param>
/// <remarks>Shares no code with the singletons' states: only the events are read.</remarks>
internal sealed class ClusterLedger(SimulationRun run, ImmutableArray<Cidr> clusterCidrs, TimeSpan rest)
{
    private readonly SortedDictionary<PersistenceId, long> _sequenceNrs = [];
    private readonly HashSet<CommitId> _commits = [];
    private readonly Dictionary<EventCatalog, HashSet<string>> _known = [];
    private readonly SortedDictionary<Cidr, Holding> _blocks = [];
    private readonly SortedDictionary<string, long> _incarnations = new(StringComparer.Ordinal);

    /// <summary>By name; those that were removed are not in it.</summary>
    public SortedDictionary<string, Node> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Each mesh with its VTEPs, by network and name.</summary>
    public SortedDictionary<string, SortedDictionary<string, MeshEvent.VtepJoined>> Meshes { get; } = new(StringComparer.Ordinal);

    /// <summary>The uids whose blocks may be freed: the operator says that they are gone, or they left with nothing attached.</summary>
    public SortedSet<string> MayBeFreed { get; } = new(StringComparer.Ordinal);

    /// <summary>The uids that were drained at some time.</summary>
    public SortedSet<string> Drained { get; } = new(StringComparer.Ordinal);

    /// <summary>The uids whose blocks were freed at some time.</summary>
    public SortedSet<string> EverFreed { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether no attachment is in the journal of the node with this uid.</summary>
    public required Func<string, bool> IsEmptied { get; init; }

    /// <summary>All events that ever took effect, by stream.</summary>
    public SortedDictionary<PersistenceId, List<EventEnvelope>> Streams { get; } = [];

    /// <summary>What a member's version knows, by name.</summary>
    public required Func<string, EventCatalog> CatalogOf { get; init; }

    /// <summary>How far a stored snapshot of a stream reaches.</summary>
    public required Func<PersistenceId, long> SnapshotOf { get; init; }

    /// <summary>How many commits there were.</summary>
    public int Commits => _commits.Count;

    /// <summary>Whether the uid is a member, or holds blocks.</summary>
    public bool IsKnown(string uid) => Members.Values.Any(m => m.Uid == uid) || !BlocksOf(uid).IsEmpty;

    public ImmutableArray<Cidr> BlocksOf(string uid) => [.. _blocks.Where(b => b.Value.Uid == uid).Select(b => b.Key)];

    /// <summary>Who holds the block that an address is in, or null.</summary>
    public string? HolderOf(IpAddress address) =>
        _blocks.Where(b => b.Value.Uid is not null && b.Key.Contains(address)).Select(b => b.Value.Uid).FirstOrDefault();

    public void Record(Append append)
    {
        run.Check(_commits.Add(append.CommitId), $"commit id {append.CommitId} is used once");
        CheckKnown(append);
        CheckReadable(append);
        foreach (var e in append.Events)
        {
            var last = _sequenceNrs.GetValueOrDefault(append.Stream);
            run.Check(e.SequenceNr == last + 1, $"event {e.SequenceNr} of {append.Stream} follows on {last}, written once");
            _sequenceNrs[append.Stream] = e.SequenceNr;
            if (!Streams.TryGetValue(append.Stream, out var stream))
                Streams[append.Stream] = stream = [];
            stream.Add(e);
            switch (e.Event)
            {
                case MembershipEvent member:
                    Record(member);
                    break;
                case PodCidrEvent cidr:
                    Record(cidr);
                    break;
                case MeshEvent mesh:
                    Record(append.Stream.Key, mesh);
                    break;
            }
        }
        CheckReadable(append);
    }

    /// <summary>Whoever writes to a stream knows every event in it that no snapshot covers.</summary>
    private void CheckKnown(Append append)
    {
        var known = KnownTo(append.CommitId.Writer.Split('/')[0]);
        if (!Streams.TryGetValue(append.Stream, out var stream))
            return;
        for (var i = (int)SnapshotOf(append.Stream); i < stream.Count; i++)
        {
            if (!known.Contains(stream[i].Manifest))
                run.Check(false, $"{append.CommitId.Writer} writes to {append.Stream}, in which it does not know {stream[i].Manifest}");
        }
    }

    /// <summary>Whoever is a member before it or after it can read what is written.</summary>
    private void CheckReadable(Append append)
    {
        foreach (var name in Members.Keys)
        {
            var known = KnownTo(name);
            if (append.Events.FirstOrDefault(e => !known.Contains(e.Manifest)) is { } e)
                run.Check(false, $"{append.CommitId.Writer} writes {e.Manifest} to {append.Stream}, and {name}, a member, does not know it");
        }
    }

    private HashSet<string> KnownTo(string name)
    {
        var catalog = CatalogOf(name);
        if (!_known.TryGetValue(catalog, out var known))
            _known[catalog] = known = [.. catalog.Manifests];
        return known;
    }

    private void Record(MembershipEvent e)
    {
        switch (e)
        {
            case MembershipEvent.MemberJoining joining:
                Enter(joining.Node, joining.NodeUid, joining.Incarnation);
                break;
            case MembershipEvent.MemberRestarted restarted:
                run.Check(Members.TryGetValue(restarted.Node.Value, out var before) && before.Uid == restarted.NodeUid,
                    $"node {restarted.Node} restarts under the uid that it has");
                Enter(restarted.Node, restarted.NodeUid, restarted.Incarnation);
                break;
            case MembershipEvent.MemberRemoved removed:
                if (removed.FreesCidrs)
                    CheckGone(removed);
                if (Members.TryGetValue(removed.Node.Value, out var gone) && gone.Uid == removed.NodeUid)
                    Members.Remove(removed.Node.Value);
                break;
            case MembershipEvent.SingletonMoved:
                break;
            case MembershipEvent.MemberDrained drained:
                run.Check(Members.ContainsKey(drained.Node.Value), $"{e.Describe()}: it is a member");
                break;
            default:
                run.Check(Members.TryGetValue(e.Node.Value, out var member), $"{e.Describe()}: it is a member");
                member!.State = StateOf(e);
                break;
        }
    }

    private void CheckGone(MembershipEvent.MemberRemoved removed)
    {
        var uid = removed.NodeUid;
        run.Check(MayBeFreed.Contains(uid) || Drained.Contains(uid) && IsEmptied(uid),
            $"{uid} loses its blocks only when it is known to be gone, or drained and empty: {removed.Reason}");
        MayBeFreed.Add(uid);
    }

    private void Enter(NodeName node, string uid, long incarnation)
    {
        run.Check(incarnation > _incarnations.GetValueOrDefault(uid), $"incarnation {incarnation} of {uid} is a new one");
        _incarnations[uid] = incarnation;
        var rival = Members.FirstOrDefault(m => m.Key != node.Value && m.Value.Uid == uid && m.Value.State != "down").Key;
        run.Check(rival is null, $"uid {uid} enters as {node} while it is {rival}");
        Members[node.Value] = new Node { Uid = uid, Incarnation = incarnation };
    }

    private static string StateOf(MembershipEvent e) => e switch
    {
        MembershipEvent.MemberUp => "up",
        MembershipEvent.MemberUnreachable => "unreachable",
        MembershipEvent.MemberLeaving => "leaving",
        MembershipEvent.MemberDown => "down",
        _ => throw new SimulationFailedException($"the ledger does not know {e.GetType().Name}"),
    };

    private void Record(PodCidrEvent e)
    {
        switch (e)
        {
            case PodCidrEvent.PodCidrAssigned assigned:
                foreach (var cidr in assigned.Cidrs)
                    Assign(assigned.NodeUid, cidr);
                break;
            case PodCidrEvent.PodCidrFreed freed:
                run.Check(MayBeFreed.Contains(freed.NodeUid),
                    $"the blocks of {freed.NodeUid} are freed only when it is known to be gone: {freed.Reason}");
                EverFreed.Add(freed.NodeUid);
                foreach (var cidr in freed.Cidrs)
                {
                    run.Check(_blocks.TryGetValue(cidr, out var held) && held.Uid == freed.NodeUid, $"{cidr} is {freed.NodeUid}'s to free");
                    _blocks[cidr] = new Holding(null, run.Loop.Now, freed.NodeUid);
                }
                break;
        }
    }

    private void Assign(string uid, Cidr cidr)
    {
        run.Check(clusterCidrs.Any(c => c.Contains(cidr)), $"{cidr} is a part of a cluster CIDR");
        foreach (var (other, holding) in _blocks)
        {
            if (holding.Uid is not null && holding.Uid != uid && (other.Contains(cidr) || cidr.Contains(other)))
                run.Check(false, $"{cidr} is assigned to {uid} while {holding.Uid} has {other}");
            if (holding.Uid == uid && other != cidr && other.IsV6 == cidr.IsV6)
                run.Check(false, $"{uid} has {other} and gets {cidr} too");
        }
        // What may still be about of its pods is its own.
        if (_blocks.TryGetValue(cidr, out var before) && before.Uid is null && before.Former != uid)
            run.Check(run.Loop.Now - before.Since >= rest, $"{cidr} was freed at {before.Since} and rests for {rest}");
        _blocks[cidr] = new Holding(uid, run.Loop.Now);
    }

    private void Record(string network, MeshEvent e)
    {
        if (!Meshes.TryGetValue(network, out var mesh))
            Meshes[network] = mesh = new(StringComparer.Ordinal);
        switch (e)
        {
            case MeshEvent.VtepJoined joined:
                foreach (var (name, other) in mesh)
                {
                    run.Check(name == joined.Node.Value
                        || !other.Vteps.Intersect(joined.Vteps).Any() && !other.PodCidrs.Intersect(joined.PodCidrs).Any(),
                        $"node {joined.Node} joins the mesh with a VTEP or CIDR that node {name} has");
                }
                mesh[joined.Node.Value] = joined;
                break;
            case MeshEvent.VtepLeft left:
                run.Check(mesh.Remove(left.Node.Value), $"node {left.Node} leaves the mesh that it is in");
                break;
        }
    }

    /// <param name="Uid">Null: freed, and resting for a while.</param>
    /// <param name="Former">Who held it before.</param>
    private sealed record Holding(string? Uid, TimeSpan Since, string? Former = null);

    internal sealed class Node
    {
        public required string Uid { get; init; }

        public required long Incarnation { get; init; }

        public string State { get; set; } = "joining";
    }
}
