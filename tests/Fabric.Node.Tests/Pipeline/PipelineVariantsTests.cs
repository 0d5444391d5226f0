using Fabric.Messages;
using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Inputs other than the document's example.</summary>
public sealed class PipelineVariantsTests
{
    private static readonly NetworkParameters V4Only = PipelineExample.Network with
    {
        ClusterCidrs = [Cidr.Parse("10.244.0.0/16")],
        Gateway = PipelineExample.Network.Gateway! with { PodCidrs = [Cidr.Parse("10.244.1.0/24")] },
    };

    [Fact]
    public void A_pod_without_IPv6_may_not_ask_from_its_link_local_address()
    {
        var flows = PodFlows.For(V4Only, PipelineExample.Pod with { Addresses = [IpAddress.Parse("10.244.1.11")] });

        Assert.DoesNotContain(flows, flow => flow.ToString().Contains("fe80", StringComparison.Ordinal));
        Assert.DoesNotContain(flows, flow => flow.ToString().Contains("ipv6", StringComparison.Ordinal));
    }

    [Fact]
    public void A_network_without_IPv6_sends_no_IPv6_outside()
    {
        var flows = GatewayFlows.For(V4Only);

        Assert.DoesNotContain(flows, flow => flow.Table == (byte)PipelineTable.Forward
            && flow.ToString().Contains("ipv6", StringComparison.Ordinal));
    }

    [Fact]
    public void A_network_without_a_gateway_has_no_host_path_and_guards_no_VTEP()
    {
        var isolated = PipelineExample.Network with { Gateway = null };

        Assert.Empty(GatewayFlows.For(isolated));
        Assert.DoesNotContain(PeerFlows.For(isolated, PipelineExample.Peer),
            flow => flow.Table == (byte)PipelineTable.SpoofGuard);
    }

    [Fact]
    public void An_IPv6_underlay_is_matched_and_set_by_the_IPv6_tunnel_fields()
    {
        var network = PipelineExample.Network with { LocalVteps = [IpAddress.Parse("fd00:30::1")] };
        var peer = PipelineExample.Peer with { Vteps = [IpAddress.Parse("fd00:30::2")] };
        var flows = string.Join('\n', PeerFlows.For(network, peer));

        Assert.Contains("tun_ipv6_src=fd00:30::2,tun_ipv6_dst=fd00:30::1,in_port=1,nw_src=10.244.2.0/24", flows,
            StringComparison.Ordinal);
        Assert.Contains("set_field:fd00:30::2->tun_ipv6_dst", flows, StringComparison.Ordinal);
        Assert.Contains("udp6,reg2=0x1b58,ipv6_dst=fd00:30::2,tp_dst=4789 actions=drop", flows,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_with_VTEPs_of_both_families_is_heard_from_the_common_one_and_guarded_in_both()
    {
        var peer = PipelineExample.Peer with { Vteps = [IpAddress.Parse("fd00:30::2"), IpAddress.Parse("172.30.0.2")] };
        var flows = PeerFlows.For(PipelineExample.Network, peer).Select(flow => flow.ToString()).ToList();

        Assert.DoesNotContain(flows, flow => flow.Contains("tun_ipv6", StringComparison.Ordinal));
        Assert.Contains(flows, flow => flow.Contains("set_field:172.30.0.2->tun_dst", StringComparison.Ordinal));
        Assert.Equal(4, flows.Count(flow => flow.Contains("table=10,", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_peer_without_a_common_family_is_neither_heard_nor_reached()
    {
        var peer = PipelineExample.Peer with { Vteps = [IpAddress.Parse("fd00:30::2")] };

        Assert.All(PeerFlows.For(PipelineExample.Network, peer),
            flow => Assert.Equal((byte)PipelineTable.SpoofGuard, flow.Table));
    }

    [Fact]
    public void A_GRE_overlay_guards_only_GRE()
    {
        var flows = PeerFlows.For(PipelineExample.Network with { OverlayUdpPort = 0 }, PipelineExample.Peer);

        var guard = Assert.Single(flows, flow => flow.Table == (byte)PipelineTable.SpoofGuard);
        Assert.Contains("nw_proto=47", guard.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Flows_grow_with_pods_and_peers_and_with_nothing_else()
    {
        Assert.Equal(42, BridgeFlows.For(PipelineExample.Network).Length);
        Assert.Equal(16, GatewayFlows.For(PipelineExample.Network).Length);
        Assert.Equal(10, PodFlows.For(PipelineExample.Network, PipelineExample.Pod).Length);
        Assert.Equal(6, PeerFlows.For(PipelineExample.Network, PipelineExample.Peer).Length);
    }
}
