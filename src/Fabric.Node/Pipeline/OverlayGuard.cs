using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// Pods can't speak as a VTEP. Their packet to one would be masqueraded as this node, which the peer trusts, and
/// decapsulated there with an inner source of the pod's choice.
/// </summary>
/// <remarks>
/// It stands before connection tracking, so that no established connection is an exception. What only becomes such a
/// packet by address translation on the host is for the host's forward path to drop.
/// </remarks>
internal static class OverlayGuard
{
    private const byte Gre = 47;

    internal static void AddTo(
        ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network, IEnumerable<IpAddress> vteps)
    {
        // A network without a gateway has no path to a VTEP, and may itself use the VTEP's address.
        if (network.Gateway is null)
            return;
        foreach (var vtep in vteps)
        {
            var toVtep = Match.Any.OfNetwork(network).To(vtep);
            if (network.OverlayUdpPort != 0)
            {
                flows.Add(Flow(cookie, PipelineTable.SpoofGuard, FlowPriority.SpoofGuard.Overlay,
                    toVtep.NwProto(17).TpDst(network.OverlayUdpPort)));
            }

            flows.Add(Flow(cookie, PipelineTable.SpoofGuard, FlowPriority.SpoofGuard.Overlay, toVtep.NwProto(Gre)));
        }
    }
}
