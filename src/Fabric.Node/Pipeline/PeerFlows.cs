using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// The flows of one peer: what it may send here (from its VTEP, in this network, from its own blocks) and how its pods
/// are reached.
/// </summary>
public static class PeerFlows
{
    /// <summary>
    /// The flows, in table order. Deterministic: equal input gives equal flows in equal order. A peer without a VTEP
    /// of a family that this node has is guarded against, but neither heard nor reached.
    /// </summary>
    public static ImmutableArray<Flow> For(NetworkParameters network, Peer peer)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(peer);
        var cookie = new Cookie(FlowKind.Peer, peer.CauseSet);
        var flows = ImmutableArray.CreateBuilder<Flow>();
        var reachable = (
            from vtep in peer.Vteps
            from own in network.LocalVteps
            where own.IsV6 == vtep.IsV6
            select (Vtep: vtep, Own: own)).ToList();
        foreach (var (vtep, own) in reachable)
        {
            foreach (var block in peer.PodCidrs)
            {
                flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Classifier.KnownSource,
                    Outer(Match.Any.From(network.TunnelPort).TunId(network.Vni.Value), vtep, own).From(block),
                    [.. Enter(network, PacketSource.Tunnel, PipelineTable.Conntrack)]));
            }
        }

        OverlayGuard.AddTo(flows, cookie, network, peer.Vteps);
        if (reachable.Count == 0)
            return flows.ToImmutable();
        foreach (var block in peer.PodCidrs)
        {
            flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.Peer,
                Match.Any.OfNetwork(network).To(block), [.. ToVtep(network, reachable[0].Vtep)]));
        }

        return flows.ToImmutable();
    }

    // The destination too: a pod's forged packet to another address of this node would come from a peer's VTEP, and no
    // guard at its source knows all addresses of all nodes.
    private static Match Outer(Match match, IpAddress source, IpAddress destination) => source.IsV6
        ? match.TunIpv6Src(source.ToNet()).TunIpv6Dst(destination.ToNet())
        : match.TunSrc(source.ToNet()).TunDst(destination.ToNet());

    private static ActionList ToVtep(NetworkParameters network, IpAddress vtep) =>
    [
        FlowAction.SetField(OxmField.EthSrc, network.VirtualMac.Bits),
        FlowAction.SetField(OxmField.EthDst, network.VirtualMac.Bits),
        FlowAction.DecTtl,
        FlowAction.SetField(OxmField.TunId, network.Vni.Value),
        FlowAction.SetField(vtep.IsV6 ? OxmField.TunIpv6Dst : OxmField.TunDst, vtep.ToNet()),
        FlowAction.Load(RegisterLayout.OutPort, network.TunnelPort.Value),
        Goto(AfterForward),
    ];
}
