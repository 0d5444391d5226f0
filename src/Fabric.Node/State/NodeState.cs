using System.Collections.Immutable;
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
    NodeEvent.AgentStarted? Agent)
{
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
        null);

    /// <summary>Applies one event of the journal; total over the node journal's events, and never validates.</summary>
    public NodeState Apply(EventEnvelope envelope, IEvent e)
    {
        var next = e switch
        {
            PortEvent port => ApplyPort(envelope.Stream, port),
            PoolEvent => this with { Pools = Pools.SetItem(envelope.Stream, PoolEntity.Evolve(PoolAt(envelope.Stream), e)) },
            BridgeEvent => this with { Bridge = BridgeEntity.Evolve(Bridge, e) },
            TunnelEvent.TunnelOpened opened => this with { Tunnels = Tunnels.SetItem(opened.Peer, opened) },
            TunnelEvent.TunnelClosed closed => this with { Tunnels = Tunnels.Remove(closed.Peer) },
            FlowEvent => this with { Flows = FlowEntity.Evolve(Flows, e) },
            ClusterEventObserved seen => this with { Observed = Observed.SetItem(seen.Source, seen.SequenceNr) },
            NodeEvent.PodCidrsAdopted adopted => this with { PodCidrs = adopted.Cidrs },
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
