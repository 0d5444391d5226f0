using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using static Fabric.Node.Pipeline.PipelineSteps;

namespace Fabric.Node.Pipeline;

/// <summary>
/// One virtual MAC answers for every address of the network, so nothing is flooded and a pod needs no neighbour but the
/// virtual router. Senders' own addresses are taken out by their own flows.
/// </summary>
internal static class ArpNdResponder
{
    internal static void AddTo(ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network)
    {
        const PipelineTable table = PipelineTable.ArpNdResponder;
        var router = network.VirtualMac.ToEthAddr();

        // An answer to duplicate address detection would be a false conflict (RFC 5227, 2.1.1; RFC 4862, 5.4.3).
        flows.Add(Flow(cookie, table, FlowPriority.ArpNdResponder.DuplicateDetection,
            Match.Any.Arp().ArpSpa(IpAddress.V4(0).ToNet())));
        flows.Add(Flow(cookie, table, FlowPriority.ArpNdResponder.DuplicateDetection,
            Match.Any.Icmp6().IcmpV6Type(NdType.Solicitation).Ipv6Src(IpAddress.V6(0).ToNet())));
        AddAnswersTo(flows, cookie, network);

        flows.Add(Flow(cookie, table, FlowPriority.ArpNdResponder.Unanswered,
            Match.Any.Icmp6().IcmpV6Type(NdType.Solicitation)));
        flows.Add(Flow(cookie, table, FlowPriority.ArpNdResponder.ToRouter,
            Family(v6: false).EthDst(router), Goto(PipelineTable.Conntrack)));
        flows.Add(Flow(cookie, table, FlowPriority.ArpNdResponder.ToRouter,
            Family(v6: true).EthDst(router), Goto(PipelineTable.Conntrack)));
        flows.Add(Flow(cookie, table, FlowPriority.Default, Match.Any));

        flows.Add(Flow(cookie, PipelineTable.NdAdvertisement, FlowPriority.ArpNdResponder.Answer,
            Match.Any.Icmp6().IcmpV6Type(NdType.Advertisement).IcmpV6Code(0),
            FlowAction.SetField(OxmField.NdTll, router), FlowAction.ToInPort));
        flows.Add(Flow(cookie, PipelineTable.NdAdvertisement, FlowPriority.Default, Match.Any));
    }

    /// <summary>The answers for one network's addresses; all else here is the same for every network.</summary>
    internal static void AddAnswersTo(ImmutableArray<Flow>.Builder flows, Cookie cookie, NetworkParameters network)
    {
        var router = network.VirtualMac.ToEthAddr();
        foreach (var block in network.ClusterCidrs)
        {
            var asked = Match.Any.OfNetwork(network).AsksFor(block);
            flows.Add(block.IsV6
                ? Flow(cookie, PipelineTable.ArpNdResponder, FlowPriority.ArpNdResponder.Answer, asked.IcmpV6Code(0), [.. Advertise(router)])
                : Flow(cookie, PipelineTable.ArpNdResponder, FlowPriority.ArpNdResponder.Answer, asked.ArpOp(1), [.. Reply(router)]));
        }
    }

    /// <summary>Turns an ARP request into its reply (RFC 826, "Packet Reception").</summary>
    private static ActionList Reply(EthAddr router) =>
    [
        FlowAction.Move(OxmField.EthSrc, OxmField.EthDst),
        FlowAction.SetField(OxmField.EthSrc, router),
        FlowAction.SetField(OxmField.ArpOp, 2),
        FlowAction.Move(OxmField.ArpSha, OxmField.ArpTha),
        FlowAction.SetField(OxmField.ArpSha, router),
        FlowAction.Move(OxmField.ArpTpa, RegisterLayout.Scratch),
        FlowAction.Move(OxmField.ArpSpa, OxmField.ArpTpa),
        FlowAction.Move(RegisterLayout.Scratch, OxmField.ArpSpa),
        FlowAction.ToInPort,
    ];

    /// <summary>
    /// Turns a solicitation into an advertisement (RFC 4861, 4.4), all but the target's link-layer address: that field
    /// exists for a flow only once the type says advertisement, hence the next table.
    /// </summary>
    private static ActionList Advertise(EthAddr router) =>
    [
        FlowAction.SetField(OxmField.Icmpv6Type, NdType.Advertisement),
        FlowAction.SetField(OxmField.Icmpv6Code, 0),
        FlowAction.Move(OxmField.EthSrc, OxmField.EthDst),
        FlowAction.SetField(OxmField.EthSrc, router),
        FlowAction.Move(OxmField.Ipv6Src, OxmField.Ipv6Dst),
        FlowAction.Move(OxmField.NdTarget, OxmField.Ipv6Src),
        NdMessage.SetRouterSolicitedOverride,
        NdMessage.SetOptionToTargetAddress,
        Goto(PipelineTable.NdAdvertisement),
    ];
}
