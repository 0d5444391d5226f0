using System.Collections.Immutable;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// The flows of one local pod: its packets come in with its own MAC and addresses or not at all, and packets to its
/// addresses go out of its port.
/// </summary>
public static class PodFlows
{
    /// <summary>The flows, in table order. Deterministic: equal input gives equal flows in equal order.</summary>
    public static ImmutableArray<Flow> For(NetworkParameters network, PodEndpoint pod)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(pod);
        var cookie = new Cookie(FlowKind.Pod, pod.CauseSet);
        var flows = ImmutableArray.CreateBuilder<Flow>();
        flows.Add(Flow(cookie, PipelineTable.Classifier, FlowPriority.Classifier.KnownSource,
            Match.Any.From(pod.Port), [.. Enter(network, PacketSource.Pod, PipelineTable.SpoofGuard)]));
        AddSpoofGuard(flows, cookie, pod);
        foreach (var address in pod.Addresses)
        {
            flows.Add(Flow(cookie, PipelineTable.ArpNdResponder, FlowPriority.ArpNdResponder.SendersOwn,
                Match.Any.From(pod.Port).AsksFor(address)));
        }

        foreach (var address in pod.Addresses)
        {
            flows.Add(Flow(cookie, PipelineTable.Forward, FlowPriority.Forward.LocalAddress,
                Match.Any.OfNetwork(network).To(address),
                FlowAction.SetField(OxmField.EthSrc, network.VirtualMac.Bits),
                FlowAction.SetField(OxmField.EthDst, pod.Mac.Bits),
                FlowAction.DecTtl,
                FlowAction.Load(RegisterLayout.OutPort, pod.Port.Value),
                Goto(AfterForward)));
        }

        return flows.ToImmutable();
    }

    private static void AddSpoofGuard(ImmutableArray<Flow>.Builder flows, Cookie cookie, PodEndpoint pod)
    {
        const PipelineTable table = PipelineTable.SpoofGuard;
        var mac = pod.Mac.ToEthAddr();
        var own = Match.Any.From(pod.Port).EthSrc(mac);
        foreach (var address in pod.Addresses.Where(a => !a.IsV6))
        {
            flows.Add(Flow(cookie, table, FlowPriority.SpoofGuard.OwnResolution,
                own.Arp().ArpOp(1).ArpSpa(address.ToNet()).ArpSha(mac), Goto(PipelineTable.ArpNdResponder)));
        }

        // The link-local address may ask for neighbours and nothing else: no router forwards it (RFC 4291, 2.5.6).
        var askers = pod.Addresses.Where(a => a.IsV6).ToList();
        if (askers.Count > 0)
            askers.Add(pod.Mac.LinkLocal());
        foreach (var address in askers)
        {
            flows.Add(Flow(cookie, table, FlowPriority.SpoofGuard.OwnResolution,
                own.Icmp6().Ipv6Src(address.ToNet()).IcmpV6Type(NdType.Solicitation).IcmpV6Code(0).NdSll(mac),
                Goto(PipelineTable.ArpNdResponder)));
        }

        foreach (var address in pod.Addresses)
        {
            flows.Add(Flow(cookie, table, FlowPriority.SpoofGuard.OwnAddress,
                own.From(address), Goto(PipelineTable.ArpNdResponder)));
        }
    }
}
