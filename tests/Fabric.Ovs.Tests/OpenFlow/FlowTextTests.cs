using System.Net;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

public sealed class FlowTextTests
{
    [Fact]
    public void Every_field_and_action_prints_like_ovs_ofctl() =>
        Assert.All(GoldenFlows.All(), golden => Assert.Equal(golden.Text, golden.Flow.ToString()));

    [Fact]
    public void Every_matchable_field_has_a_golden_text()
    {
        var covered = GoldenFlows.Matches.SelectMany(golden => golden.Match.Fields).Select(entry => entry.Field)
            .Concat(OxmField.Registers).Concat([OxmField.UdpSrc, OxmField.SctpDst]).ToHashSet();
        Assert.Empty(OxmField.Known.Where(field => field.Matchable && !covered.Contains(field)).Select(f => f.Name));
    }

    [Fact]
    public void A_flow_with_everything_around_the_match_prints_in_the_order_of_ovs_ofctl() => Assert.Equal(
        "cookie=0xabc, table=3, idle_timeout=5, hard_timeout=6, send_flow_rem importance=7, priority=9,ip actions=drop",
        new Flow
        {
            Cookie = 0xabc, Table = 3, IdleTimeout = 5, HardTimeout = 6, Flags = FlowFlags.SendFlowRemoved,
            Importance = 7, Priority = 9, Match = Match.Any.Ip(),
        }.ToString());

    [Fact]
    public void A_default_flow_prints_only_its_actions() => Assert.Equal("actions=drop", new Flow().ToString());

    [Fact]
    public void Flows_of_equal_content_are_equal_whatever_the_order_of_building()
    {
        var one = new Flow { Match = Match.Any.Reg(1, 5).Tcp().TpDst(80), Actions = [FlowAction.Output(1)] };
        var other = new Flow { Match = Match.Any.Tcp().TpDst(80).Reg(1, 5), Actions = [FlowAction.Output(1)] };
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal(one.Key, other.Key);
        Assert.NotEqual(one, other with { Match = Match.Any.Tcp().TpDst(81).Reg(1, 5) });
        Assert.NotEqual(one, other with { Actions = [FlowAction.Output(2)] });
    }

    [Fact]
    public void Bits_outside_a_mask_and_zero_masks_do_not_count()
    {
        Assert.Equal(Match.Any.Reg(0, 0x12, 0xf0), Match.Any.Reg(0, 0x1f, 0xf0));
        Assert.Equal(Match.Any, Match.Any.Reg(0, 5, 0));
    }

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Match.Any.With(OxmField.EthType, 0x10000));
        Assert.Throws<ArgumentException>(() => Match.Any.With(OxmField.EthType, 1, 0xff));
        Assert.Throws<ArgumentException>(() => FlowAction.SetField(OxmField.EthType, 1));
        Assert.Throws<ArgumentException>(() => FlowAction.Load(OxmField.Registers[0][0, 3], 16));
        Assert.Throws<ArgumentException>(() => FlowAction.Move(OxmField.Registers[0], OxmField.EthSrc));
        Assert.Throws<ArgumentException>(() => FlowAction.Ct(force: true));
        Assert.Throws<ArgumentException>(() => ActionList.Create([FlowAction.GotoTable(1), FlowAction.Output(1)]));
        Assert.Throws<ArgumentException>(() => FlowAction.SetField(OxmField.Ipv6Src, IPAddress.Loopback));
        Assert.Throws<InvalidOperationException>(() => Match.Any.Ip().TpDst(80));
        Assert.Throws<ArgumentOutOfRangeException>(() => OxmField.Registers[0][0, 32]);
    }
}
