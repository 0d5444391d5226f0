using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>The example of docs/ovs-pipeline.md as the pipeline's input: node 1 of two, with one pod.</summary>
internal static class PipelineExample
{
    internal static readonly NetworkParameters Network = new()
    {
        VirtualMac = VirtualMac.Value,
        Vni = new Vni(7000),
        ConntrackZone = 0xfab,
        ClusterCidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("fd00:10:244::/48")],
        TunnelPort = new(1),
        OverlayUdpPort = 4789,
        LocalVteps = [IpAddress.Parse("172.30.0.1")],
        Gateway = new GatewayEndpoint
        {
            Port = new(2),
            Mac = MacAddress.Parse("0a:fa:b0:00:01:01"),
            PodCidrs = [Cidr.Parse("10.244.1.0/24"), Cidr.Parse("fd00:10:244:1::/64")],
        },
        CauseSet = 1,
    };

    internal static readonly Peer Peer = new()
    {
        Vteps = [IpAddress.Parse("172.30.0.2")],
        PodCidrs = [Cidr.Parse("10.244.2.0/24"), Cidr.Parse("fd00:10:244:2::/64")],
        CauseSet = 2,
    };

    internal static readonly PodEndpoint Pod = new()
    {
        Port = new(11),
        Mac = MacAddress.Parse("0a:58:0a:f4:01:0b"),
        Addresses = [IpAddress.Parse("10.244.1.11"), IpAddress.Parse("fd00:10:244:1::b")],
        CauseSet = 3,
    };

    internal static ImmutableArray<Flow> Flows =>
    [
        .. BridgeFlows.For(Network), .. GatewayFlows.For(Network),
        .. PodFlows.For(Network, Pod), .. PeerFlows.For(Network, Peer),
    ];
}
