using System.Net;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

[Collection(OvsCollection.Name)]
public sealed class WireTests(OvsBridge bridge)
{
    [SkippableFact]
    public async Task Golden_flows_read_back_equal_and_ovs_ofctl_prints_their_text()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        await using var connection = await OpenFlowConnection.ConnectAsync(bridge.Address, TimeProvider.System);
        await connection.ApplyAsync([FlowMod.Delete()]);
        var golden = GoldenFlows.All();
        await connection.ApplyAsync([.. golden.Select(entry => FlowMod.Add(entry.Flow))]);

        var printed = await bridge.DumpAsync();
        var expected = golden.Select(entry => entry.Text).ToArray();
        Assert.Equal(
            string.Join('\n', expected.Except(printed)), string.Join('\n', printed.Except(expected)));
        var read = await connection.DumpFlowsAsync();
        Assert.Empty(golden.Select(entry => entry.Flow).Except(read).Select(flow => flow.ToString()));
    }

    [SkippableFact]
    public async Task Ovs_ofctl_prints_each_message_as_meant()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        var flow = new Flow
        {
            Table = 3, Priority = 7, Cookie = 0xab, Match = Match.Any.Tcp().TpDst(80), Actions = [FlowAction.Output(1)],
        };
        using var w = new WireWriter();
        MessageWriter.Hello(w, 1);
        MessageWriter.Empty(w, MessageType.EchoRequest, 2);
        MessageWriter.FeaturesRequest(w, 3);
        MessageWriter.FlowMod(w, FlowMod.Add(flow), 4);
        MessageWriter.FlowMod(w, FlowMod.ModifyStrict(flow), 5);
        MessageWriter.FlowMod(w, FlowMod.DeleteStrict(flow.Key), 6);
        MessageWriter.FlowMod(w, FlowMod.Delete(3, Match.Any.Ip(), 0xab, 0xff), 7);
        MessageWriter.Empty(w, MessageType.BarrierRequest, 8);
        MessageWriter.Bundle(w, BundleControl.OpenRequest, 9, 9);
        MessageWriter.BundleAdd(w, 9, FlowMod.Add(flow), 10);
        MessageWriter.Bundle(w, BundleControl.CloseRequest, 9, 11);
        MessageWriter.Bundle(w, BundleControl.CommitRequest, 9, 12);
        MessageWriter.Bundle(w, BundleControl.DiscardRequest, 9, 13);
        MessageWriter.FlowDescRequest(w, new FlowFilter { Table = 3, Cookie = 0xab, CookieMask = 0xff }, 14);
        MessageWriter.PortDescRequest(w, 15);
        MessageWriter.CtFlushZone(w, 5, 16);
        MessageWriter.CtFlush(w, new CtFlush
        {
            Zone = 5, Protocol = 17,
            Original = new CtTuple
            {
                Source = IPAddress.Parse("10.0.0.1"), Destination = IPAddress.Parse("10.0.0.2"), SourcePort = 53,
            },
            Reply = new CtTuple
            {
                Source = IPAddress.Parse("10.0.0.3"), Destination = IPAddress.Parse("10.0.0.4"), DestinationPort = 54,
            },
        }, 17);

        string[] expected =
        [
            "OFPT_HELLO (OF1.5) (xid=0x1):", " version bitmap: 0x06",
            "OFPT_ECHO_REQUEST (OF1.5) (xid=0x2): 0 bytes of payload",
            "OFPT_FEATURES_REQUEST (OF1.5) (xid=0x3):",
            "OFPT_FLOW_MOD (OF1.5) (xid=0x4): ADD table:3 priority=7,tcp,tp_dst=80 cookie:0xab actions=output:1",
            "OFPT_FLOW_MOD (OF1.5) (xid=0x5): MOD_STRICT table:3 priority=7,tcp,tp_dst=80 actions=output:1",
            "OFPT_FLOW_MOD (OF1.5) (xid=0x6): DEL_STRICT table:3 priority=7,tcp,tp_dst=80 actions=drop",
            "OFPT_FLOW_MOD (OF1.5) (xid=0x7): DEL table:3 ip cookie:0xab/0xff actions=drop",
            "OFPT_BARRIER_REQUEST (OF1.5) (xid=0x8):",
            "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0x9):", " bundle_id=0x9 type=OPEN_REQUEST flags=atomic ordered",
            "OFPT_BUNDLE_ADD_MESSAGE (OF1.5) (xid=0xa):", " bundle_id=0x9 flags=atomic ordered",
            "OFPT_FLOW_MOD (OF1.5) (xid=0xa): ADD table:3 priority=7,tcp,tp_dst=80 cookie:0xab actions=output:1",
            "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0xb):", " bundle_id=0x9 type=CLOSE_REQUEST flags=atomic ordered",
            "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0xc):", " bundle_id=0x9 type=COMMIT_REQUEST flags=atomic ordered",
            "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0xd):", " bundle_id=0x9 type=DISCARD_REQUEST flags=atomic ordered",
            "OFPST_FLOW request (OF1.5) (xid=0xe): table=3",
            "OFPST_PORT_DESC request (OF1.5) (xid=0xf): port=ANY",
            "NXT_CT_FLUSH_ZONE (OF1.5) (xid=0x10): zone_id=5",
            "NXT_CT_FLUSH (OF1.5) (xid=0x11): zone=5 " +
                "'ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_tp_src=53,ct_tp_dst=0,ct_nw_proto=17' " +
                "'ct_nw_src=10.0.0.3,ct_nw_dst=10.0.0.4,ct_tp_src=0,ct_tp_dst=54'",
        ];
        Assert.Equal(string.Join('\n', expected), string.Join('\n', await PrintAsync(w.Written.ToArray())));
    }

    [SkippableFact]
    public async Task Each_golden_flow_mod_is_printed_with_its_match_and_actions()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        using var w = new WireWriter();
        var golden = GoldenFlows.All();
        for (var i = 0; i < golden.Length; i++)
        {
            MessageWriter.FlowMod(w, FlowMod.Add(golden[i].Flow with { Table = 1 }), (uint)i);
        }

        var lines = await PrintAsync(w.Written.ToArray());
        Assert.Equal(
            golden.Select((entry, i) => $"OFPT_FLOW_MOD (OF1.5) (xid=0x{i:x}): ADD table:1 {entry.Text}"), lines);
    }

    [Fact]
    public void Unknown_fields_and_actions_are_kept_as_bytes()
    {
        using var w = new WireWriter();
        w.U16(1);
        w.U16(4 + 8);
        w.U32(0x8000_1e00 | (70u << 9) | 4);
        w.U32(0xdeadbeef);
        w.PadTo8(0);
        var r = new WireReader(w.Written.Span);
        var match = MatchReader.Read(ref r);
        Assert.Empty(match.Fields);
        Assert.Equal(16, match.Opaque.Length);
        Assert.NotEqual(Match.Any, match);

        using var again = new WireWriter();
        MessageWriter.Match(again, match);
        Assert.Equal(w.Written.ToArray(), again.Written.ToArray());

        byte[] meter = [0, 6, 0, 8, 0, 0, 0, 9];
        byte[] learn = [0xff, 0xff, 0, 16, 0, 0, 0x23, 0x20, 0, 16, 1, 2, 3, 4, 5, 6];
        byte[] apply = [0, 4, 0, 24, 0, 0, 0, 0, .. learn];
        var actions = ActionReader.ReadInstructions([.. meter, .. apply]);
        Assert.Equal(
            "instruction(0x0006000800000009),action(0xffff0010000023200010010203040506)", actions.ToString());
    }

    [Fact]
    public void Truncated_or_contradicting_bytes_fail_but_never_hang_or_escape()
    {
        var random = new Random(5);
        using var w = new WireWriter();
        MessageWriter.Match(w, Match.Any.Tcp().TpDst(80).Reg(0, 1));
        var nat = NatAction.Src(IPAddress.Loopback, portMin: 1);
        MessageWriter.Instructions(w, [FlowAction.Ct(commit: true, nat: nat)]);
        var good = w.Written.ToArray();
        for (var i = 0; i < 20_000; i++)
        {
            var bad = good.AsSpan(0, random.Next(good.Length + 1)).ToArray();
            for (var k = random.Next(4); k > 0 && bad.Length > 0; k--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            var caught = Record.Exception(() =>
            {
                var r = new WireReader(bad);
                _ = MatchReader.Read(ref r).ToString();
                _ = ActionReader.ReadInstructions(r.Take(r.Remaining)).ToString();
            });
            Assert.True(caught is null or OpenFlowException or ArgumentOutOfRangeException, caught?.ToString());
        }
    }

    private static async Task<string[]> PrintAsync(byte[] messages)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, messages);
            var text = await OvsBridge.RunAsync("ovs-ofctl", ["--no-names", "ofp-parse", file]);
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd())];
        }
        finally
        {
            File.Delete(file);
        }
    }
}
