using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>A second network on the bridge, with the very addresses of the first.</summary>
public sealed class NetworkIsolationTests
{
    private static readonly NetworkParameters Blue = PipelineExample.Network with
    {
        Vni = new Vni(4096), ConntrackZone = 2, Gateway = null, CauseSet = 21,
    };

    private static readonly Peer BluePeer = PipelineExample.Peer with { CauseSet = 22 };

    private static readonly PodEndpoint BluePod = PipelineExample.Pod with
    {
        Port = new(12), Mac = MacAddress.Parse("0a:58:0a:f4:01:0c"), CauseSet = 23,
    };

    private static ImmutableArray<Flow> Flows =>
        [.. BridgeFlows.ForAnother(Blue), .. GatewayFlows.For(Blue), .. PodFlows.For(Blue, BluePod), .. PeerFlows.For(Blue, BluePeer)];

    [Fact]
    public void Every_match_on_an_address_is_of_one_network_or_one_port()
    {
        foreach (var flow in Flows.Concat(PipelineExample.Flows))
        {
            var text = flow.ToString();
            var match = text[..text.IndexOf("actions=", StringComparison.Ordinal)];
            string[] fields = ["nw_src=", "nw_dst=", "ipv6_src=", "ipv6_dst=", "arp_spa=", "arp_tpa=", "nd_target="];
            // Whoever has no address yet is of no network either: duplicate address detection is not answered at all.
            if (!fields.Any(f => match.Contains(f, StringComparison.Ordinal))
                || match.Contains("arp_spa=0.0.0.0", StringComparison.Ordinal) || match.Contains("ipv6_src=::,", StringComparison.Ordinal)
                || match.Contains("ipv6_src=:: ", StringComparison.Ordinal))
                continue;
            Assert.True(match.Contains("reg2=", StringComparison.Ordinal) || match.Contains("in_port=", StringComparison.Ordinal)
                || match.Contains("tun_id=", StringComparison.Ordinal), text);
        }
    }

    [Fact]
    public void Networks_with_the_same_addresses_share_no_flow()
    {
        var keys = Flows.Concat(PipelineExample.Flows).Select(f => f.Key).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
    }

    [Fact]
    public void A_network_sets_and_matches_its_own_number_and_zone_alone()
    {
        Assert.All(Flows, flow =>
        {
            var text = flow.ToString();
            Assert.DoesNotContain("0x1b58", text, StringComparison.Ordinal);
            Assert.DoesNotContain("0xfab", text, StringComparison.Ordinal);
        });
        var enters = Flows.Where(f => f.Table == (byte)PipelineTable.Classifier).ToList();
        Assert.Equal(3, enters.Count);
        Assert.All(enters, f => Assert.Contains("set_field:0x1000->reg2", f.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_of_a_network_without_a_gateway_goes_to_the_host() =>
        Assert.DoesNotContain(Flows, f => f.ToString().Contains("set_field:0x2->reg1", StringComparison.Ordinal)
            || f.ToString().Contains("load:0x2->NXM_NX_REG1", StringComparison.Ordinal));

    [Fact]
    public void A_further_network_adds_only_answers_and_drops() => Assert.Equal(
    [
        "20 arp,reg2=0x1000,arp_tpa=10.244.0.0/16,arp_op=1",
        "20 icmp6,reg2=0x1000,icmp_type=135,icmp_code=0,nd_target=fd00:10:244::/48",
        "110 reg0=0x1/0xf,reg2=0x1000",
        "110 ip,reg2=0x1000,nw_dst=10.244.0.0/16",
        "110 ipv6,reg2=0x1000,ipv6_dst=fd00:10:244::/48",
    ],
    BridgeFlows.ForAnother(Blue).Select(f => $"{f.Table} {f.Match}"));
}
