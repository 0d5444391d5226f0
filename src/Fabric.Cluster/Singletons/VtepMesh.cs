using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Which VTEPs belong to an overlay network: each node once, and each VTEP address and pod CIDR at one node only.
/// </summary>
/// <remarks>Every member stays, Unreachable or Down: the data path of a node outlives its agent.</remarks>
public sealed partial class VtepMesh : IEntity<VtepMesh.State>
{
    public const string PersistenceKind = "mesh";

    /// <summary>The network that every node is in.</summary>
    public const string DefaultNetwork = "default";

    /// <summary>
    /// So that a commit stays below <see cref="ClusterStoreLimits.MaxCommitBytes"/>; the rest comes with a repeat.
    /// </summary>
    public const int MaxEventsPerCommit = 2_048;

    public static PersistenceId Id(string network) => new(PersistenceKind, network);

    /// <summary>
    /// A virtual network's mesh. With the VNI, since a mesh is opened once and a deleted network's name may come again; no cluster's
    /// name holds the '@'.
    /// </summary>
    public static PersistenceId Id(NetworkName network, Vni vni) => new(PersistenceKind, $"{network}@{vni}");

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        public sealed record Open(string Network, Vni Vni, OverlayKind Overlay, int OverlayPort) : Command;

        /// <summary>All members, and the number of the last <c>podcidr</c> event that their CIDRs come from.</summary>
        public sealed record Sync(ImmutableArray<MeshMember> Members, long PodCidrsSequenceNr) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Opened : Reply;

        /// <param name="Complete">False if there was more to record than one commit takes: repeat the command.</param>
        /// <param name="Refused">
        /// Members whose VTEP address or CIDR another member holds, each with that member.
        /// </param>
        public sealed record Synced(bool Complete, ImmutableSortedDictionary<NodeName, NodeName> Refused) : Reply;
    }

    /// <param name="PodCidrsSequenceNr">The newest <c>podcidr</c> event that anything here was derived from.</param>
    public sealed record State(
        MeshEvent.MeshOpened? Opened, ImmutableSortedDictionary<NodeName, MeshEvent.VtepJoined> Joined, long PodCidrsSequenceNr);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "mesh-state/1";

    public JsonTypeInfo<State> StateJson => ClusterJson.Default.VtepMeshState;

    public State Initial { get; } = new(null, ImmutableSortedDictionary<NodeName, MeshEvent.VtepJoined>.Empty, 0);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Open open => Open(state, open),
        Command.Sync when state.Opened is null => Decision.Reject("mesh-not-open", "the mesh has no VNI and encapsulation yet"),
        // What is derived from an older view of the assignments never overwrites what came from a newer one.
        Command.Sync sync when sync.PodCidrsSequenceNr < state.PodCidrsSequenceNr => Decision.Reject("assignments-outdated",
            $"the pod CIDRs are as of event {sync.PodCidrsSequenceNr}; the mesh has those of event {state.PodCidrsSequenceNr}"),
        Command.Sync sync => Sync(state, sync),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        MeshEvent.MeshOpened opened => state with { Opened = opened },
        MeshEvent.VtepJoined joined => state with
        {
            Joined = state.Joined.SetItem(joined.Node, joined),
            PodCidrsSequenceNr = Math.Max(state.PodCidrsSequenceNr, joined.PodCidrsSequenceNr),
        },
        MeshEvent.VtepLeft left => state with { Joined = state.Joined.Remove(left.Node) },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static Decision Open(State state, Command.Open open)
    {
        var wanted = new MeshEvent.MeshOpened(open.Network, open.Vni, open.Overlay, open.OverlayPort);
        if (state.Opened is null)
            return Decision.AcceptAndReply(new Reply.Opened(), wanted);
        return state.Opened == wanted
            ? Decision.AcceptAndReply(new Reply.Opened())
            : Decision.Reject("mesh-open-otherwise", $"this node's configuration differs from the cluster's: "
                + $"the {state.Opened.Describe()}; here it would be {open.Overlay} port {open.OverlayPort}, VNI {open.Vni}");
    }

    private static Decision Sync(State state, Command.Sync sync)
    {
        var (wanted, refused) = Settle(state, sync);
        var members = sync.Members.ToDictionary(m => m.Node);
        var events = ImmutableArray.CreateBuilder<IEvent>();
        // Those who leave go first, so that an address that goes on under another name is never at two nodes.
        foreach (var joined in state.Joined.Values.Where(j => !wanted.ContainsKey(j.Node)))
            events.Add(new MeshEvent.VtepLeft(joined.Node, joined.NodeUid, ReasonOf(joined, members.GetValueOrDefault(joined.Node))));
        var changes = wanted.Values.Where(v => state.Joined.GetValueOrDefault(v.Node) is not { } joined || !Same(joined, v));
        events.AddRange(InOrder(state.Joined.Values.Where(j => wanted.ContainsKey(j.Node)), [.. changes]));
        var complete = events.Count <= MaxEventsPerCommit;
        return new Decision.Accepted([.. events.Take(MaxEventsPerCommit)], new Reply.Synced(complete, refused));
    }

    /// <summary>
    /// The mesh as it should be. Where two members claim an address, one whose agent answers wins over a silent one,
    /// then the one that has it, then the first name.
    /// </summary>
    private static (SortedDictionary<NodeName, MeshEvent.VtepJoined>, ImmutableSortedDictionary<NodeName, NodeName>) Settle(
        State state, Command.Sync sync)
    {
        var wanted = new SortedDictionary<NodeName, MeshEvent.VtepJoined>();
        var refused = ImmutableSortedDictionary.CreateBuilder<NodeName, NodeName>();
        var addresses = new Dictionary<IpAddress, NodeName>();
        var cidrs = new Dictionary<Cidr, NodeName>();
        var claims = sync.Members
            .OrderBy(m => Silence(m.State))
            .ThenBy(m => !state.Joined.ContainsKey(m.Node))
            .ThenBy(m => m.Node);
        foreach (var member in claims)
        {
            if (Claim(member, sync.PodCidrsSequenceNr) is not { } vtep)
                continue;
            NodeName holder = default;
            if (vtep.Vteps.Any(a => addresses.TryGetValue(a, out holder)) || vtep.PodCidrs.Any(c => cidrs.TryGetValue(c, out holder)))
            {
                refused[member.Node] = holder;
                continue;
            }
            wanted[member.Node] = vtep;
            foreach (var address in vtep.Vteps)
                addresses[address] = member.Node;
            foreach (var cidr in vtep.PodCidrs)
                cidrs[cidr] = member.Node;
        }
        return (wanted, refused.ToImmutable());
    }

    private static int Silence(MemberState state) => state switch
    {
        MemberState.Unreachable => 1,
        MemberState.Down => 2,
        _ => 0,
    };

    private static MeshEvent.VtepJoined? Claim(MeshMember member, long podCidrsSequenceNr) =>
        member.State == MemberState.Removed || member.PodCidrs.IsEmpty || member.Vteps.IsEmpty
            ? null
            : new MeshEvent.VtepJoined(
                member.Node, member.Uid, [.. member.Vteps.Order()], [.. member.PodCidrs.Order()], podCidrsSequenceNr);

    // The number is not compared: a later look at unchanged assignments is no news.
    private static bool Same(MeshEvent.VtepJoined a, MeshEvent.VtepJoined b) =>
        a.NodeUid == b.NodeUid && a.Vteps.SequenceEqual(b.Vteps) && a.PodCidrs.SequenceEqual(b.PodCidrs);

    private static string ReasonOf(MeshEvent.VtepJoined joined, MeshMember? member) => member switch
    {
        null => "it is no longer a member",
        { State: MemberState.Removed } => member.Reason,
        { PodCidrs.IsEmpty: true } => "its pod CIDRs were taken back",
        { Vteps.IsEmpty: true } => "it has no VTEP",
        _ => $"another node has its VTEP address ({string.Join(", ", joined.Vteps)}) or pod CIDR",
    };
}
