using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Each virtual network has a VNI of its own; of each network no block has two nodes, and no address is claimed twice, in another
/// node's block, or reserved.
/// </summary>
/// <remarks>
/// Written by operators, by nodes and by the singletons' holder alike: the stream's compare-and-set keeps them apart
/// (docs/decisions/0013-virtual-networks.md). What stands here is a node's until it says otherwise or is removed.
/// </remarks>
public sealed partial class VirtualNetworks : IEntity<VirtualNetworks.State>
{
    public const string PersistenceKind = "networks";

    /// <summary>VNIs that nobody asked for begin here; those below are for operators to choose.</summary>
    public const uint FirstVni = 4_096;

    public static PersistenceId Id(string cluster) => new(PersistenceKind, cluster);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <param name="Vni">Null for the next one that was never given.</param>
        /// <param name="DefaultVni">The default mesh's, which no other network gets.</param>
        /// <param name="Reserved">Names that stand for the default network.</param>
        public sealed record Create(
            NetworkName Network, Vni? Vni, ImmutableArray<NetworkSubnet> Subnets, Vni DefaultVni, ImmutableArray<string> Reserved) : Command;

        public sealed record Delete(NetworkName Network) : Command;

        /// <summary>A block of each family for a node; it keeps what it has.</summary>
        public sealed record TakeBlocks(NetworkName Network, NodeRef Node) : Command;

        /// <summary>On the node's own word that no pod of the network is left there.</summary>
        public sealed record ReturnBlocks(NetworkName Network, NodeRef Node, string Reason) : Command;

        /// <summary>An address outside the node's block, for one attachment.</summary>
        public sealed record ClaimAddress(NetworkName Network, NodeRef Node, AttachmentId Attachment, IpAddress Address) : Command;

        public sealed record ReleaseClaim(
            NetworkName Network, NodeRef Node, AttachmentId Attachment, IpAddress Address, string Reason) : Command;

        /// <summary>Takes back all that removed nodes held, in every network.</summary>
        public sealed record FreeNodes(ImmutableArray<NodeRef> Nodes, string Reason) : Command;

        /// <summary>These blocks have rested, by the holder's own clock; those that were given or freed since then have not.</summary>
        public sealed record EndRest(ImmutableSortedDictionary<RestingBlock, BlockRest> Rested) : Command;

        /// <summary>A deleted network's mesh is empty.</summary>
        public sealed record Forget(DeletedNetwork Network) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Created(Vni Vni) : Reply;

        public sealed record Taken(Vni Vni, ImmutableArray<NetworkSubnet> Subnets, ImmutableArray<Cidr> Blocks) : Reply;

        /// <summary>It is as the command asks for.</summary>
        public sealed record Done : Reply;
    }

    /// <param name="Blocks">One of each of the network's families, IPv4 first.</param>
    public sealed record Holding(NodeName Node, string Uid, ImmutableArray<Cidr> Blocks);

    /// <param name="Uid">Who held it, and may have it back at once.</param>
    public sealed record BlockRest(DateTimeOffset Since, string Uid);

    public sealed record Claim(NodeName Node, string Uid, AttachmentId Attachment);

    public readonly record struct RestingBlock(NetworkName Network, Cidr Block) : IComparable<RestingBlock>
    {
        public int CompareTo(RestingBlock other) =>
            Network.CompareTo(other.Network) is not 0 and var order ? order : Block.CompareTo(other.Block);
    }

    public sealed record DeletedNetwork(NetworkName Network, Vni Vni) : IComparable<DeletedNetwork>
    {
        public int CompareTo(DeletedNetwork? other) =>
            other is null ? 1 : Vni.CompareTo(other.Vni) is not 0 and var order ? order : Network.CompareTo(other.Network);
    }

    /// <param name="Holdings">By node uid.</param>
    /// <param name="Resting">
    /// Blocks that came back, and as blocks of one the claimed addresses of removed nodes; an entry goes when it is taken again or has
    /// rested.
    /// </param>
    public sealed record Network(
        NetworkName Name,
        Vni Vni,
        ImmutableArray<NetworkSubnet> Subnets,
        ImmutableSortedDictionary<string, Holding> Holdings,
        ImmutableSortedDictionary<Cidr, BlockRest> Resting,
        ImmutableSortedDictionary<IpAddress, Claim> Claims)
    {
        // Ordinal also after a snapshot was read: an order that depends on a culture would differ between nodes.
        public ImmutableSortedDictionary<string, Holding> Holdings { get; init; } = Holdings.WithComparers(StringComparer.Ordinal);

        /// <summary>What other nodes send to this one: its blocks, and each claimed address; empty if it takes no part.</summary>
        public ImmutableArray<Cidr> CidrsOf(string uid) =>
        [
            .. Holdings.TryGetValue(uid, out var held) ? held.Blocks : [],
            .. Claims.Where(c => c.Value.Uid == uid).Select(c => OnlyOf(c.Key)),
        ];

        public ImmutableSortedSet<NodeName> Nodes() => [.. Holdings.Values.Select(h => h.Node), .. Claims.Values.Select(c => c.Node)];
    }

    /// <param name="LastVni">The highest VNI that nobody asked for; 0 before the first.</param>
    /// <param name="ChosenVnis">All that operators ever asked for.</param>
    /// <param name="Deleted">Networks whose mesh may not be empty yet.</param>
    public sealed record State(
        ImmutableSortedDictionary<NetworkName, Network> Networks,
        uint LastVni,
        ImmutableSortedSet<Vni> ChosenVnis,
        ImmutableSortedSet<DeletedNetwork> Deleted)
    {
        public IEnumerable<KeyValuePair<RestingBlock, BlockRest>> Resting() => Networks.Values.SelectMany(
            n => n.Resting.Select(r => KeyValuePair.Create(new RestingBlock(n.Name, r.Key), r.Value)));

        public bool Holds(string uid) => Networks.Values.Any(n => !n.CidrsOf(uid).IsEmpty);
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "virtual-networks-state/1";

    public JsonTypeInfo<State> StateJson => ClusterJson.Default.VirtualNetworksState;

    public State Initial { get; } = new(ImmutableSortedDictionary<NetworkName, Network>.Empty, 0, [], []);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Create create => Create(state, create),
        Command.Delete delete => Delete(state, delete.Network),
        Command.TakeBlocks take => Find(state, take.Network) is { } network ? Take(network, take.Node) : Unknown(state, take.Network),
        Command.ReturnBlocks back => Done(state.Networks.GetValueOrDefault(back.Network)?.Holdings.GetValueOrDefault(back.Node.Uid) is { } held
            ? [new VirtualNetworkEvent.BlocksReturned(back.Network, held.Node, held.Uid, held.Blocks, back.Reason, at)]
            : []),
        Command.ClaimAddress claim => Find(state, claim.Network) is { } network ? Claimed(network, claim) : Unknown(state, claim.Network),
        Command.ReleaseClaim release => Done(
            state.Networks.GetValueOrDefault(release.Network)?.Claims.GetValueOrDefault(release.Address) is { } claim
                && claim.Uid == release.Node.Uid && claim.Attachment == release.Attachment
            ? [new VirtualNetworkEvent.ClaimReleased(
                release.Network, release.Address, claim.Node, claim.Uid, claim.Attachment, release.Reason)]
            : []),
        Command.FreeNodes free => Free(state, free, at),
        Command.EndRest end => EndRest(state, end),
        Command.Forget forget => Done(state.Deleted.Contains(forget.Network)
            ? [new VirtualNetworkEvent.NetworkForgotten(forget.Network.Network, forget.Network.Vni)]
            : []),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        VirtualNetworkEvent.NetworkCreated x => state with
        {
            Networks = state.Networks.SetItem(x.Network, new Network(x.Network, x.Vni, x.Subnets,
                ImmutableSortedDictionary<string, Holding>.Empty, ImmutableSortedDictionary<Cidr, BlockRest>.Empty,
                ImmutableSortedDictionary<IpAddress, Claim>.Empty)),
            LastVni = x.IsVniChosen ? state.LastVni : x.Vni.Value,
            ChosenVnis = x.IsVniChosen ? state.ChosenVnis.Add(x.Vni) : state.ChosenVnis,
            Deleted = state.Deleted.Remove(new DeletedNetwork(x.Network, x.Vni)),
        },
        VirtualNetworkEvent.NetworkDeleted x => state with
        {
            Networks = state.Networks.Remove(x.Network),
            Deleted = state.Deleted.Add(new DeletedNetwork(x.Network, x.Vni)),
        },
        VirtualNetworkEvent.NetworkForgotten x => state with { Deleted = state.Deleted.Remove(new DeletedNetwork(x.Network, x.Vni)) },
        VirtualNetworkEvent.BlocksTaken x => With(state, x, n => n with
        {
            Holdings = n.Holdings.SetItem(x.NodeUid, new Holding(x.Node, x.NodeUid, x.Blocks)),
            Resting = n.Resting.RemoveRange(x.Blocks),
        }),
        VirtualNetworkEvent.BlocksReturned x => With(state, x, n => n with
        {
            Holdings = n.Holdings.Remove(x.NodeUid),
            Resting = n.Resting.SetItems(x.Blocks.Select(b => KeyValuePair.Create(b, new BlockRest(x.At, x.NodeUid)))),
        }),
        VirtualNetworkEvent.BlocksRested x => With(state, x, n => n with { Resting = n.Resting.RemoveRange(x.Blocks) }),
        VirtualNetworkEvent.AddressClaimed x => With(state, x, n => n with
        {
            Claims = n.Claims.SetItem(x.Address, new Claim(x.Node, x.NodeUid, x.Attachment)),
            Resting = n.Resting.Remove(OnlyOf(x.Address)),
        }),
        VirtualNetworkEvent.ClaimReleased x => With(state, x, n => n with
        {
            Claims = n.Claims.Remove(x.Address),
            Resting = x.RestsSince is { } since ? n.Resting.SetItem(OnlyOf(x.Address), new BlockRest(since, x.NodeUid)) : n.Resting,
        }),
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static State With(State state, VirtualNetworkEvent e, Func<Network, Network> change) =>
        state with { Networks = state.Networks.SetItem(e.Network, change(state.Networks[e.Network])) };

    private static Cidr OnlyOf(IpAddress address) => new(address, address.Width);

    private static Network? Find(State state, NetworkName network) => state.Networks.GetValueOrDefault(network);

    private static Decision Done(ImmutableArray<IEvent> events) => new Decision.Accepted(events, new Reply.Done());

    private static Decision Unknown(State state, NetworkName network) => Decision.Reject("unknown-network",
        $"there is no network '{network}'; there {(state.Networks.IsEmpty ? "is none, fabric network create makes one"
            : $"are {string.Join(", ", state.Networks.Keys)}")}");

    private static Decision Delete(State state, NetworkName name)
    {
        if (Find(state, name) is not { } network)
            return state.Deleted.Any(d => d.Network == name) ? Done([]) : Unknown(state, name);
        var nodes = network.Nodes();
        return nodes.IsEmpty
            ? Done([new VirtualNetworkEvent.NetworkDeleted(name, network.Vni)])
            : Decision.Reject("network-in-use", $"network {name} is in use on {Names(nodes)}: delete its pods there first "
                + "(a node gives its block back a little after its last one)");
    }

    private static Decision Free(State state, Command.FreeNodes free, DateTimeOffset at)
    {
        var gone = free.Nodes.Select(n => n.Uid).ToHashSet(StringComparer.Ordinal);
        var events = ImmutableArray.CreateBuilder<IEvent>();
        foreach (var network in state.Networks.Values)
        {
            events.AddRange(network.Holdings.Values.Where(h => gone.Contains(h.Uid)).Select(h =>
                new VirtualNetworkEvent.BlocksReturned(network.Name, h.Node, h.Uid, h.Blocks, free.Reason, at)));
            events.AddRange(network.Claims.Where(c => gone.Contains(c.Value.Uid)).Select(c =>
                new VirtualNetworkEvent.ClaimReleased(
                    network.Name, c.Key, c.Value.Node, c.Value.Uid, c.Value.Attachment, free.Reason, RestsSince: at)));
        }
        // More than one commit holds is left to a repeat.
        return Done([.. events.Take(PodCidr.MaxEventsPerCommit)]);
    }

    private static Decision EndRest(State state, Command.EndRest end) => Done(
    [
        .. end.Rested.Where(r => Find(state, r.Key.Network)?.Resting.GetValueOrDefault(r.Key.Block) == r.Value)
            .GroupBy(r => r.Key.Network)
            .Select(g => new VirtualNetworkEvent.BlocksRested(g.Key, [.. g.Select(r => r.Key.Block)]))
            .Take(PodCidr.MaxEventsPerCommit),
    ]);

    private static string Names(IReadOnlyCollection<NodeName> nodes)
    {
        const int Shown = 10;
        var names = string.Join(", ", nodes.Take(Shown));
        return $"node{(nodes.Count == 1 ? "" : "s")} {names}{(nodes.Count > Shown ? $" and {nodes.Count - Shown} more" : "")}";
    }
}
