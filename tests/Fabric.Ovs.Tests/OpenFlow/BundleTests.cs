using System.Net;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

[Collection(OvsCollection.Name)]
public sealed class BundleTests(OvsBridge bridge)
{
    [SkippableFact]
    public async Task A_flow_refused_on_arrival_leaves_nothing_applied_and_is_named()
    {
        await using var connection = await EmptyAsync();
        var bad = FlowMod.Add(new Flow { Priority = 5, Match = Match.Any.With(OxmField.TcpDst, 80) });
        var e = await Assert.ThrowsAsync<OpenFlowException>(
            () => connection.ApplyBundleAsync([Good(1), Good(2), bad, Good(3)]));
        Assert.Equal(OpenFlowFailure.Refused, e.Failure);
        Assert.Equal("OFPBMC_BAD_PREREQ", e.ErrorName);
        Assert.Same(bad, e.FlowMod);
        Assert.Contains("priority=5", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
        Assert.Empty(await connection.DumpFlowsAsync());
        await connection.ApplyBundleAsync([Good(4)]);
        Assert.Single(await connection.DumpFlowsAsync());
    }

    [SkippableFact]
    public async Task A_flow_refused_at_commit_leaves_nothing_applied_and_is_named()
    {
        await using var connection = await EmptyAsync();
        await connection.ApplyBundleAsync([Good(9)]);
        var bad = FlowMod.Add(new Flow { Priority = 5, Actions = [FlowAction.Group(77)] });
        var e = await Assert.ThrowsAsync<OpenFlowException>(
            () => connection.ApplyBundleAsync([FlowMod.Delete(), Good(1), bad, Good(3)]));
        Assert.Equal("OFPBAC_BAD_OUT_GROUP", e.ErrorName);
        Assert.Same(bad, e.FlowMod);
        Assert.Equal([Good(9).Flow], await connection.DumpFlowsAsync());
    }

    [SkippableFact]
    public async Task A_refused_deletion_is_named_and_the_others_are_carried_out()
    {
        await using var connection = await EmptyAsync();
        await connection.ApplyBundleAsync([Good(1), Good(2), Good(3)]);
        var bad = FlowMod.DeleteStrict(new Flow { Priority = 5, Match = Match.Any.With(OxmField.TcpDst, 80) }.Key);
        var e = await Assert.ThrowsAsync<OpenFlowException>(() => connection.ApplyBundleAsync(
            [FlowMod.DeleteStrict(Good(1).Flow.Key), bad, FlowMod.DeleteStrict(Good(2).Flow.Key)]));
        Assert.Equal("OFPBMC_BAD_PREREQ", e.ErrorName);
        Assert.Same(bad, e.FlowMod);
        Assert.Equal([Good(3).Flow], await connection.DumpFlowsAsync());
    }

    [Fact]
    public async Task Deletions_alone_are_sent_together_with_their_commit()
    {
        const int bundleControl = 33, commitRequest = 4, bundleAdd = 34;
        await using var fake = new FakeSwitch();
        await using var connection = await fake.AcceptAsync();
        var applying = connection.ApplyBundleAsync([FlowMod.DeleteStrict(Good(1).Flow.Key), FlowMod.DeleteStrict(Good(2).Flow.Key)]);
        // Nothing has been answered yet.
        List<byte[]> sent = [];
        for (var i = 0; i < 5; i++)
            sent.Add(await fake.ReadAsync());
        Assert.Equal([bundleControl, bundleAdd, bundleAdd, bundleControl, bundleControl], sent.Select(m => (int)m[1]));
        Assert.Equal(commitRequest, (sent[4][12] << 8) | sent[4][13]);
        byte[] committed = [.. sent[4]];
        committed[13] = commitRequest + 1;
        await fake.SendAsync(committed);
        await applying;
    }

    [SkippableFact]
    public async Task A_flow_that_overlaps_is_refused_at_commit_and_named()
    {
        await using var connection = await EmptyAsync();
        var overlapping = FlowMod.Add(
            new Flow { Priority = 1, Match = Match.Any.Reg(1, 1), Flags = FlowFlags.CheckOverlap });
        var e = await Assert.ThrowsAsync<OpenFlowException>(
            () => connection.ApplyBundleAsync([Good(1), overlapping]));
        Assert.Equal("OFPFMFC_OVERLAP", e.ErrorName);
        Assert.Same(overlapping, e.FlowMod);
        Assert.Empty(await connection.DumpFlowsAsync());
    }

    [SkippableFact]
    public async Task Without_a_bundle_the_other_changes_stay_and_the_first_refused_one_is_named()
    {
        await using var connection = await EmptyAsync();
        var bad = FlowMod.Add(new Flow { Priority = 5, Actions = [FlowAction.Group(77)] });
        var e = await Assert.ThrowsAsync<OpenFlowException>(() => connection.ApplyAsync([Good(1), bad, Good(2)]));
        Assert.Same(bad, e.FlowMod);
        Assert.Equal(2, (await connection.DumpFlowsAsync()).Count);
    }

    [SkippableFact]
    public async Task Strict_changes_touch_one_flow_and_filters_select_by_cookie_table_and_match()
    {
        await using var connection = await EmptyAsync();
        var one = new Flow { Table = 1, Cookie = 0x1001, Match = Match.Any.Ip(), Actions = [FlowAction.Output(1)] };
        var two = new Flow { Table = 2, Cookie = 0x1002, Match = Match.Any.Tcp(), Actions = [FlowAction.Output(2)] };
        await connection.ApplyBundleAsync([FlowMod.Add(one), FlowMod.Add(two)]);
        await connection.ApplyAsync([FlowMod.ModifyStrict(one with { Actions = [FlowAction.Output(7)] })]);
        one = one with { Actions = [FlowAction.Output(7)] };

        Assert.Equal([one], await connection.DumpFlowsAsync(new FlowFilter { Cookie = 1, CookieMask = 1 }));
        Assert.Equal([two], await connection.DumpFlowsAsync(new FlowFilter { Table = 2 }));
        Assert.Equal([two], await connection.DumpFlowsAsync(new FlowFilter { Match = Match.Any.Tcp() }));
        Assert.Equal([one], await connection.DumpFlowsAsync(new FlowFilter { OutPort = 7 }));

        await connection.ApplyAsync([FlowMod.DeleteStrict(two.Key with { Priority = 1 })]);
        Assert.Equal(2, (await connection.DumpFlowsAsync()).Count);
        await connection.ApplyAsync([FlowMod.Delete(cookie: 0x1002, cookieMask: ulong.MaxValue)]);
        Assert.Equal([one], await connection.DumpFlowsAsync());
    }

    [SkippableFact]
    public async Task Foreign_actions_are_read_compared_and_deleted()
    {
        await using var connection = await EmptyAsync();
        await bridge.OfctlAsync(["add-flow"],
            "table=2,priority=3,ip,actions=learn(table=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),write_metadata:5");
        var foreign = Assert.Single(await connection.DumpFlowsAsync());
        Assert.Contains("action(0xffff", foreign.ToString(), StringComparison.Ordinal);
        Assert.Contains("instruction(0x0002", foreign.ToString(), StringComparison.Ordinal);
        Assert.Equal(foreign, Assert.Single(await connection.DumpFlowsAsync()));
        var before = await bridge.DumpAsync();
        await connection.ApplyBundleAsync([FlowMod.Delete(), FlowMod.Add(foreign)]);
        Assert.Equal(before, await bridge.DumpAsync());
        await connection.ApplyBundleAsync([FlowMod.DeleteStrict(foreign.Key)]);
        Assert.Empty(await connection.DumpFlowsAsync());
    }

    [SkippableFact]
    public async Task Ports_features_and_statistics_are_read()
    {
        await using var connection = await EmptyAsync();
        Assert.Equal(254, connection.Features.Tables);
        var local = Assert.Single(await connection.DumpPortsAsync());
        Assert.Equal(OfPort.Local, local.Port);
        Assert.Equal("fabtof0", local.Name);
        Assert.Equal(connection.Features.DatapathId & 0xffff_ffff_ffff, local.Address.Value);
        await connection.ApplyAsync([Good(1)]);
        Assert.Equal(0UL, Assert.Single(await connection.DumpStatisticsAsync()).Packets);
        await connection.EchoAsync();
    }

    [SkippableFact]
    public async Task Connections_are_flushed_by_zone_and_by_tuple()
    {
        await using var connection = await EmptyAsync();
        var track = new Flow
        {
            Match = Match.Any.Udp(),
            Actions = [FlowAction.Ct(commit: true, zone: 7), FlowAction.Ct(commit: true, zone: 8)],
        };
        await connection.ApplyAsync([FlowMod.Add(track)]);
        await SendAsync("10.0.0.1", "10.0.0.2");
        await SendAsync("10.0.0.3", "10.0.0.1");
        await SendAsync("10.0.0.3", "10.0.0.4");
        Assert.Equal(6, await CountAsync("zone="));

        var address = IPAddress.Parse("10.0.0.1");
        await connection.FlushConnectionsAsync(new CtFlush { Zone = 7, Original = new CtTuple { Source = address } });
        await connection.FlushConnectionsAsync(new CtFlush { Zone = 7, Reply = new CtTuple { Source = address } });
        Assert.Equal(1, await CountAsync("zone=7"));
        Assert.Equal(3, await CountAsync("zone=8"));
        await connection.FlushZoneAsync(8);
        Assert.Equal(0, await CountAsync("zone=8"));

        Task SendAsync(string source, string destination) => bridge.OfctlAsync(
            ["packet-out"], $"in_port=LOCAL,packet={Udp(source, destination)},actions=table");
    }

    private static FlowMod Good(ushort priority) =>
        FlowMod.Add(new Flow { Priority = priority, Actions = [FlowAction.Output(1)] });

    private static string Udp(string source, string destination)
    {
        byte[] ip =
        [
            0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0,
            .. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes(),
        ];
        var sum = 0;
        for (var i = 0; i < 20; i += 2) sum += (ip[i] << 8) | ip[i + 1];
        sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
        ip[10] = (byte)(sum >> 8);
        ip[11] = (byte)sum;
        byte[] ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        return Convert.ToHexString([.. ethernet, .. ip, 0x10, 0, 0x20, 0, 0, 8, 0, 0, .. new byte[18]]);
    }

    private async Task<int> CountAsync(string text)
    {
        var dump = await bridge.AppctlAsync("dpctl/dump-conntrack");
        return dump.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));
    }

    private async Task<OpenFlowConnection> EmptyAsync()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        var connection = await OpenFlowConnection.ConnectAsync(bridge.Address, TimeProvider.System);
        await connection.ApplyAsync([FlowMod.Delete()]);
        return connection;
    }
}
