using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;
using Plan = System.Collections.Immutable.ImmutableSortedDictionary<
    Fabric.Messages.PersistenceId, System.Collections.Immutable.ImmutableArray<Fabric.Node.PlannedFlow>>;

namespace Fabric.Node;

/// <summary>The pipeline's flows for a node's state. What did not change is not computed again: the plan grows out of the last one.</summary>
/// <remarks>
/// Several passes belong to each attachment, and most of them find nothing changed: they get the very same plan, and for a change
/// of one port among hundreds the others cost one look each. Not thread-safe; lives on the event loop.
/// </remarks>
public sealed class FlowPlan : IFlowPlan
{
    private readonly Dictionary<AttachmentId, (PortEvent.AttachmentRequested Request, PersistenceId Owner)> _ports = [];
    private readonly Dictionary<NodeName, (TunnelEvent.TunnelOpened Tunnel, PersistenceId Owner)> _tunnels = [];
    private Plan _plan = Plan.Empty;
    private ImmutableSortedDictionary<AttachmentId, PortState>? _portsSeen;
    private ImmutableSortedDictionary<NodeName, TunnelEvent.TunnelOpened>? _tunnelsSeen;
    private readonly Dictionary<PersistenceId, TunnelEvent.TunnelOpened> _networkTunnels = [];
    private readonly Dictionary<NetworkName, (NetworkEvent.NetworkJoined Joined, NetworkParameters Parameters)> _networks = [];
    private ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined>? _networksSeen;
    private ImmutableSortedDictionary<PersistenceId, TunnelEvent.TunnelOpened>? _networkTunnelsSeen;
    private NetworkParameters? _network;
    private BridgeEvent.BridgeConfigured? _configured;

    public Plan For(NodeState state)
    {
        if (state.Bridge.Configured is not { } bridge)
            return Plan.Empty;
        if (!ReferenceEquals(bridge, _configured))
            StartOver(bridge);
        if (!ReferenceEquals(state.Networks, _networksSeen))
            PlanNetworks(bridge, state.Networks);
        if (!ReferenceEquals(state.Tunnels, _tunnelsSeen))
            PlanTunnels(state.Tunnels);
        if (!ReferenceEquals(state.NetworkTunnels, _networkTunnelsSeen))
            PlanNetworkTunnels(state.NetworkTunnels);
        if (!ReferenceEquals(state.Ports, _portsSeen))
            PlanPorts(state.Ports);
        return _plan;
    }

    // Everything depends on the bridge's parameters.
    private void StartOver(BridgeEvent.BridgeConfigured bridge)
    {
        _configured = bridge;
        _network = NetworkOf(bridge);
        _ports.Clear();
        _tunnels.Clear();
        _networks.Clear();
        _networkTunnels.Clear();
        _portsSeen = null;
        _tunnelsSeen = null;
        _networksSeen = null;
        _networkTunnelsSeen = null;
        _plan = Plan.Empty.SetItem(
            Fabric.Node.Bridge.Id(bridge.Bridge), Planned([.. BridgeFlows.For(_network), .. GatewayFlows.For(_network)]));
    }

    private void PlanNetworks(
        BridgeEvent.BridgeConfigured bridge, ImmutableSortedDictionary<NetworkName, NetworkEvent.NetworkJoined> networks)
    {
        foreach (var name in _networks.Keys.Where(n => !ReferenceEquals(networks.GetValueOrDefault(n), _networks[n].Joined)).ToArray())
            Forget(name);
        foreach (var joined in networks.Values.Where(n => !_networks.ContainsKey(n.Network)))
        {
            var owner = OwnerOf(joined.Network);
            var parameters = NetworkOf(bridge, joined, CauseOf(owner));
            _networks[joined.Network] = (joined, parameters);
            _plan = _plan.SetItem(owner, Planned(BridgeFlows.ForAnother(parameters)));
        }
        _networksSeen = networks;
        _networkTunnelsSeen = null;
        _portsSeen = null;
    }

    /// <summary>Takes a network out of the plan, with its pods and peers: all of them depend on its parameters.</summary>
    private void Forget(NetworkName name)
    {
        _networks.Remove(name);
        var plan = _plan.ToBuilder();
        plan.Remove(OwnerOf(name));
        foreach (var tunnel in _networkTunnels.Where(t => t.Value.Network == name).Select(t => t.Key).ToArray())
        {
            _networkTunnels.Remove(tunnel);
            plan.Remove(tunnel);
        }
        foreach (var port in _ports.Where(p => p.Value.Request.Virtual?.Network == name).Select(p => p.Key).ToArray())
        {
            _ports.Remove(port, out var gone);
            plan.Remove(gone.Owner);
        }
        _plan = plan.ToImmutable();
    }

    private static PersistenceId OwnerOf(NetworkName network) => new("network", network.Value);

    private void PlanTunnels(ImmutableSortedDictionary<NodeName, TunnelEvent.TunnelOpened> tunnels)
    {
        var plan = _plan.ToBuilder();
        foreach (var (peer, tunnel) in tunnels)
        {
            if (_tunnels.TryGetValue(peer, out var known) && ReferenceEquals(known.Tunnel, tunnel))
                continue;
            var owner = Tunnel.Id(peer);
            _tunnels[peer] = (tunnel, owner);
            plan[owner] = Planned(PeerFlows.For(_network!, new Peer
            {
                Vteps = tunnel.Vteps, PodCidrs = tunnel.PodCidrs, CauseSet = CauseOf(owner),
            }));
        }
        if (_tunnels.Count > tunnels.Count)
        {
            foreach (var peer in _tunnels.Keys.Where(p => !tunnels.ContainsKey(p)).ToArray())
            {
                _tunnels.Remove(peer, out var gone);
                plan.Remove(gone.Owner);
            }
        }
        _plan = plan.ToImmutable();
        _tunnelsSeen = tunnels;
    }

    /// <summary>A network that the node is not in has no flows, whatever is known of its peers still.</summary>
    private void PlanNetworkTunnels(ImmutableSortedDictionary<PersistenceId, TunnelEvent.TunnelOpened> tunnels)
    {
        var plan = _plan.ToBuilder();
        foreach (var (owner, tunnel) in tunnels)
        {
            if (_networkTunnels.TryGetValue(owner, out var known) && ReferenceEquals(known, tunnel)
                || !_networks.TryGetValue(tunnel.Network!.Value, out var network))
                continue;
            _networkTunnels[owner] = tunnel;
            plan[owner] = Planned(PeerFlows.For(network.Parameters, new Peer
            {
                Vteps = tunnel.Vteps, PodCidrs = tunnel.PodCidrs, CauseSet = CauseOf(owner),
            }));
        }
        foreach (var gone in _networkTunnels.Keys.Where(t => !tunnels.ContainsKey(t)).ToArray())
        {
            _networkTunnels.Remove(gone);
            plan.Remove(gone);
        }
        _plan = plan.ToImmutable();
        _networkTunnelsSeen = tunnels;
    }

    private void PlanPorts(ImmutableSortedDictionary<AttachmentId, PortState> ports)
    {
        var plan = _plan.ToBuilder();
        var wanted = 0;
        foreach (var (attachment, port) in ports)
        {
            if (!port.IsWanted || NetworkOf(port) is not { } network)
                continue;
            wanted++;
            // Nothing of an attachment's state that its flows depend on changes after its addresses are known.
            if (_ports.TryGetValue(attachment, out var known) && ReferenceEquals(known.Request, port.Request))
                continue;
            var owner = Port.Id(attachment);
            _ports[attachment] = (port.Request!, owner);
            plan[owner] = Planned(PodFlows.For(network, new PodEndpoint
            {
                Port = port.OfPort!.Value,
                Mac = port.Request!.Mac,
                Addresses = [.. port.Addresses.Select(a => a.Address)],
                CauseSet = CauseOf(owner),
            }));
        }
        if (_ports.Count > wanted)
        {
            foreach (var attachment in _ports.Keys.Where(
                         a => !(ports.TryGetValue(a, out var port) && port.IsWanted && NetworkOf(port) is not null)).ToArray())
            {
                _ports.Remove(attachment, out var gone);
                plan.Remove(gone.Owner);
            }
        }
        _plan = plan.ToImmutable();
        _portsSeen = ports;
    }

    private NetworkParameters? NetworkOf(PortState port) =>
        port.Request?.Virtual is { } v ? _networks.GetValueOrDefault(v.Network).Parameters : _network;

    private static ImmutableArray<PlannedFlow> Planned(IEnumerable<Flow> flows) => [.. flows.Select(PlannedFlow.Of)];

    private static ulong CauseOf(PersistenceId id) => (ulong)CauseSet.Of(id).Id;

    /// <summary>Beside what the tunnel port and this node's VTEPs are, nothing of the default network holds in another.</summary>
    private static NetworkParameters NetworkOf(
        BridgeEvent.BridgeConfigured bridge, NetworkEvent.NetworkJoined joined, ulong cause) => new()
    {
        VirtualMac = VirtualMac.Value,
        Vni = joined.Vni,
        ConntrackZone = (ushort)joined.ConntrackZone,
        ClusterCidrs = [.. joined.Subnets.Select(s => s.Cidr)],
        TunnelPort = bridge.TunnelOfPort,
        OverlayUdpPort = (ushort)bridge.OverlayPort,
        LocalVteps = bridge.Vteps,
        CauseSet = cause,
    };

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
