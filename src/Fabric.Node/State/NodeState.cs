using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// All that the node journal says, folded in its one order: the only thing that reconcilers read, and, stopped earlier, the node's
/// state at any past moment.
/// </summary>
public sealed record NodeState(
    long Ordering,
    Hlc Hlc,
    ImmutableSortedDictionary<AttachmentId, PortState> Ports,
    ImmutableSortedDictionary<PersistenceId, AddressPool.State> Pools,
    Bridge.State Bridge,
    ImmutableSortedDictionary<NodeName, TunnelEvent.TunnelOpened> Tunnels,
    FlowRecorder.State Flows,
    ImmutableSortedDictionary<PersistenceId, long> Observed,
    ImmutableArray<Cidr> PodCidrs,
    NodeEvent.RemovedFromCluster? Removal,
    bool IsDrained,
    NodeEvent.AgentStarted? Agent)
{
    /// <summary>The virtual networks that this node takes part in.</summary>
    public ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined> Networks
    {
        get;
        // A snapshot of a version without them does not have them.
        init => field = value ?? ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined>.Empty;
    } = ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined>.Empty;

    /// <summary>Those of which the cluster may have taken this node's blocks back: it was removed meanwhile.</summary>
    public ImmutableSortedSet<NetworkName> DoubtfulNetworks
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>The ways to peers in virtual networks, by their streams.</summary>
    public ImmutableSortedDictionary<PersistenceId, TunnelEvent.TunnelOpened> NetworkTunnels
    {
        get;
        init => field = value ?? ImmutableSortedDictionary<PersistenceId, TunnelEvent.TunnelOpened>.Empty;
    } = ImmutableSortedDictionary<PersistenceId, TunnelEvent.TunnelOpened>.Empty;

    private static readonly AddressPool PoolEntity = new();
    private static readonly Bridge BridgeEntity = new();
    private static readonly FlowRecorder FlowEntity = new();

    public static NodeState Initial { get; } = new(
        0, default,
        ImmutableSortedDictionary<AttachmentId, PortState>.Empty,
        ImmutableSortedDictionary<PersistenceId, AddressPool.State>.Empty,
        BridgeEntity.Initial,
        ImmutableSortedDictionary<NodeName, TunnelEvent.TunnelOpened>.Empty,
        FlowEntity.Initial,
        ImmutableSortedDictionary<PersistenceId, long>.Empty,
        [],
        null,
        false,
        null);

    /// <summary>The conntrack zone of a port's network; null if the node has left that.</summary>
    public int? ZoneOf(PortState port, BridgeEvent.BridgeConfigured bridge) => port.Request?.Virtual is { } v
        ? Networks.GetValueOrDefault(v.Network)?.ConntrackZone
        : bridge.ConntrackZone;

    /// <summary>Attachments whose addresses other nodes no longer expect here: the block they are of was taken back.</summary>
    [JsonIgnore]
    public ImmutableArray<AttachmentId> Stranded => StrandedBy(PodCidrs);

    /// <summary>Those that would be so if <paramref name="cidrs"/> were this node's blocks; with none nobody knows yet.</summary>
    public ImmutableArray<AttachmentId> StrandedBy(ImmutableArray<Cidr> cidrs) =>
        [.. Ports.Where(p => IsStranded(p.Value, cidrs)).Select(p => p.Key)];

    private bool IsStranded(PortState port, ImmutableArray<Cidr> cidrs)
    {
        var claimed = ImmutableArray<IpAddress>.Empty;
        if (port.Request?.Virtual is { } v)
            (cidrs, claimed) = (Networks.GetValueOrDefault(v.Network)?.Blocks ?? [], v.Claimed);
        return !cidrs.IsEmpty && port.Assigned.Values.Select(a => a.Address.Address)
            .Any(a => !cidrs.Any(c => c.Contains(a)) && !claimed.Contains(a));
    }

    /// <summary>Applies one event of the journal; total over the node journal's events, and never validates.</summary>
    public NodeState Apply(EventEnvelope envelope, IEvent e)
    {
        var next = e switch
        {
            PortEvent port => ApplyPort(envelope.Stream, port),
            PoolEvent.PoolClosed when PoolAt(envelope.Stream).Subnet is null => this with
            {
                Pools = Pools.SetItem(envelope.Stream, PoolEntity.Evolve(PoolAt(envelope.Stream), e)),
                PodCidrs = [],
            },
            PoolEvent => this with { Pools = Pools.SetItem(envelope.Stream, PoolEntity.Evolve(PoolAt(envelope.Stream), e)) },
            BridgeEvent => this with { Bridge = BridgeEntity.Evolve(Bridge, e) },
            TunnelEvent.TunnelOpened { Network: not null } opened => this with
            {
                NetworkTunnels = NetworkTunnels.SetItem(envelope.Stream, opened),
            },
            TunnelEvent.TunnelClosed { Network: not null } => this with { NetworkTunnels = NetworkTunnels.Remove(envelope.Stream) },
            NetworkEvent.NetworkJoined joined => this with
            {
                Networks = Networks.SetItem(joined.Network, joined),
                DoubtfulNetworks = DoubtfulNetworks.Remove(joined.Network),
            },
            NetworkEvent.NetworkLeft left => this with
            {
                Networks = Networks.Remove(left.Network),
                DoubtfulNetworks = DoubtfulNetworks.Remove(left.Network),
            },
            TunnelEvent.TunnelOpened opened => this with { Tunnels = Tunnels.SetItem(opened.Peer, opened) },
            TunnelEvent.TunnelClosed closed => this with { Tunnels = Tunnels.Remove(closed.Peer) },
            FlowEvent => this with { Flows = FlowEntity.Evolve(Flows, e) },
            ClusterEventObserved seen => this with { Observed = Observed.SetItem(seen.Source, seen.SequenceNr) },
            NodeEvent.PodCidrsAdopted adopted => this with { PodCidrs = adopted.Cidrs },
            NodeEvent.PodCidrsWithdrawn => this with { PodCidrs = [] },
            NodeEvent.RemovedFromCluster removed => this with { Removal = removed, DoubtfulNetworks = [.. Networks.Keys] },
            NodeEvent.RejoinedCluster => this with { Removal = null },
            NodeEvent.DrainChanged drain => this with { IsDrained = drain.IsDrained },
            NodeEvent.AgentStarted started => this with { Agent = started },
            _ => this,
        };
        return next with { Ordering = envelope.Ordering, Hlc = envelope.Hlc };
    }

    private NodeState ApplyPort(PersistenceId stream, PortEvent e)
    {
        // The stream's key is the attachment: port/CONTAINER/IFNAME.
        var attachment = AttachmentId.Parse(stream.Key);
        var port = Ports.GetValueOrDefault(attachment, PortState.Absent).Apply(e);
        return this with
        {
            Ports = port.Stage == PortStage.Absent ? Ports.Remove(attachment) : Ports.SetItem(attachment, port),
        };
    }

    private AddressPool.State PoolAt(PersistenceId pool) => Pools.GetValueOrDefault(pool) ?? PoolEntity.Initial;
}
