using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>The pieces that several features' flows are made of.</summary>
internal static class PipelineSteps
{
    /// <summary>The table that Forward's packets go to while there are no ingress policies.</summary>
    internal const PipelineTable AfterForward = PipelineTable.Commit;

    /// <summary>
    /// The table for packets of the original direction while there are no services and egress policies.
    /// </summary>
    internal const PipelineTable AfterConntrackState = PipelineTable.Forward;

    internal static Flow Flow(
        Cookie cookie, PipelineTable table, ushort priority, Match match, params ReadOnlySpan<FlowAction> actions) =>
        new()
        {
            Cookie = cookie.Value,
            Table = (byte)table,
            Priority = priority,
            Match = match,
            Actions = ActionList.Create(actions),
        };

    internal static FlowAction Goto(PipelineTable table) => FlowAction.GotoTable((byte)table);

    /// <summary>What Classifier does with a packet whose origin it knows.</summary>
    internal static ActionList Enter(
        NetworkParameters network, PacketSource source, PipelineTable next, bool fromNode = false) =>
    [
        FlowAction.Load(RegisterLayout.SourceAndNode, RegisterLayout.Encode(source, fromNode)),
        FlowAction.Load(RegisterLayout.Network, network.Vni.Value),
        FlowAction.Load(RegisterLayout.Zone, network.ConntrackZone),
        Goto(next),
    ];

    /// <summary>To the host. Its routing takes the hop from the TTL, so the pipeline does not.</summary>
    internal static ActionList ToGateway(NetworkParameters network, GatewayEndpoint gateway, PipelineTable next) =>
    [
        FlowAction.SetField(OxmField.EthSrc, network.VirtualMac.Bits),
        FlowAction.SetField(OxmField.EthDst, gateway.Mac.Bits),
        FlowAction.Load(RegisterLayout.OutPort, gateway.Port.Value),
        Goto(next),
    ];

    internal static Match OfNetwork(this Match match, NetworkParameters network) =>
        match.Reg(RegisterLayout.Network, network.Vni.Value);

    internal static Match OfSource(this Match match, PacketSource source) =>
        match.Reg(RegisterLayout.Source, (uint)source);

    internal static Match From(this Match match, Fabric.Messages.OfPort port) =>
        match.InPort(new Fabric.Ovs.OpenFlow.OfPort(port.Value));

    internal static Match From(this Match match, Cidr block) => block.IsV6
        ? match.Ipv6().Ipv6Src(block.Network.ToNet(), block.PrefixLength)
        : match.Ip().NwSrc(block.Network.ToNet(), block.PrefixLength);

    internal static Match From(this Match match, IpAddress address) => match.From(Whole(address));

    internal static Match To(this Match match, Cidr block) => block.IsV6
        ? match.Ipv6().Ipv6Dst(block.Network.ToNet(), block.PrefixLength)
        : match.Ip().NwDst(block.Network.ToNet(), block.PrefixLength);

    internal static Match To(this Match match, IpAddress address) => match.To(Whole(address));

    /// <summary>A request for the MAC of an address: an ARP request or a neighbour solicitation.</summary>
    internal static Match AsksFor(this Match match, Cidr block) => block.IsV6
        ? match.Icmp6().IcmpV6Type(NdType.Solicitation).NdTarget(block.Network.ToNet(), block.PrefixLength)
        : match.Arp().ArpTpa(block.Network.ToNet(), block.PrefixLength);

    internal static Match AsksFor(this Match match, IpAddress address) => match.AsksFor(Whole(address));

    internal static Match Family(bool v6) => v6 ? Match.Any.Ipv6() : Match.Any.Ip();

    internal static EthAddr ToEthAddr(this MacAddress mac) => new(mac.Bits);

    private static Cidr Whole(IpAddress address) => new(address, address.Width);
}
