using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node;

/// <summary>The pipeline's flows for a node's state, remembered by owner: what did not change is not computed again.</summary>
/// <remarks>Not thread-safe; lives on the event loop.</remarks>
public sealed class FlowPlan : IFlowPlan
{
    private readonly Dictionary<PersistenceId, (object Input, ImmutableArray<PlannedFlow> Flows)> _memory = [];
    private NetworkParameters? _network;
    private BridgeEvent.BridgeConfigured? _configured;

    public ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>> For(NodeState state)
    {
        if (state.Bridge.Configured is not { } bridge)
            return ImmutableSortedDictionary<PersistenceId, ImmutableArray<PlannedFlow>>.Empty;
        if (!ReferenceEquals(bridge, _configured))
        {
            // Everything depends on the network's parameters.
            _configured = bridge;
            _network = NetworkOf(bridge);
            _memory.Clear();
        }
        var network = _network!;
        var plan = ImmutableSortedDictionary.CreateBuilder<PersistenceId, ImmutableArray<PlannedFlow>>();
        var bridgeId = Fabric.Node.Bridge.Id(bridge.Bridge);
        plan[bridgeId] = Remembered(bridgeId, bridge, () => [.. BridgeFlows.For(network), .. GatewayFlows.For(network)]);
        foreach (var (peer, tunnel) in state.Tunnels)
        {
            var id = Tunnel.Id(peer);
            plan[id] = Remembered(id, tunnel, () => PeerFlows.For(network, new Peer
            {
                Vteps = tunnel.Vteps, PodCidrs = tunnel.PodCidrs, CauseSet = CauseOf(id),
            }));
        }
        foreach (var (attachment, port) in state.Ports)
        {
            if (!port.IsWanted)
                continue;
            var id = Port.Id(attachment);
            // Nothing of an attachment's state that its flows depend on changes after its addresses are known.
            plan[id] = Remembered(id, port.Request!, () => PodFlows.For(network, new PodEndpoint
            {
                Port = port.OfPort!.Value,
                Mac = port.Request!.Mac,
                Addresses = [.. port.Addresses.Select(a => a.Address)],
                CauseSet = CauseOf(id),
            }));
        }
        if (_memory.Count > 2 * plan.Count + 64)
        {
            foreach (var gone in _memory.Keys.Where(k => !plan.ContainsKey(k)).ToArray())
                _memory.Remove(gone);
        }
        return plan.ToImmutable();
    }

    private ImmutableArray<PlannedFlow> Remembered(PersistenceId id, object input, Func<ImmutableArray<Flow>> compute)
    {
        if (_memory.TryGetValue(id, out var known) && ReferenceEquals(known.Input, input))
            return known.Flows;
        ImmutableArray<PlannedFlow> flows = [.. compute().Select(PlannedFlow.Of)];
        _memory[id] = (input, flows);
        return flows;
    }

    private static ulong CauseOf(PersistenceId id) => (ulong)CauseSet.Of(id).Id;

    private static NetworkParameters NetworkOf(BridgeEvent.BridgeConfigured bridge) => new()
    {
        VirtualMac = VirtualMac.Value,
        Vni = bridge.Vni,
        ConntrackZone = (ushort)bridge.ConntrackZone,
        ClusterCidrs = bridge.ClusterCidrs,
        TunnelPort = bridge.TunnelOfPort,
        OverlayUdpPort = (ushort)bridge.OverlayPort,
        LocalVteps = bridge.Vteps,
        Gateway = new GatewayEndpoint
        {
            Port = bridge.GatewayOfPort, Mac = bridge.GatewayMac, PodCidrs = bridge.PodCidrs,
        },
        CauseSet = CauseOf(Fabric.Node.Bridge.Id(bridge.Bridge)),
    };
}
