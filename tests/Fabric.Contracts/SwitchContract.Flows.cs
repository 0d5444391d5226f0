using System.Collections.Immutable;
using Fabric.Node;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Contracts;

/// <summary>The bridge's flows and connections.</summary>
public abstract partial class SwitchContract
{
    [SkippableFact]
    public Task Flows_are_read_back_as_they_were_sent_by_cookie_too() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await ChangeAsync(ovs, [], [Flow(1), Flow(2), Flow(3) with { Cookie = 7 }]);

        Assert.Equal([Flow(1), Flow(2), Flow(3) with { Cookie = 7 }], await DumpAsync(ovs));
        Assert.Equal([Flow(3) with { Cookie = 7 }], await DumpAsync(ovs, 7));
        Assert.Empty(await DumpAsync(ovs, 8));
    });

    [SkippableFact]
    public Task A_flow_of_the_same_key_is_replaced_and_an_absent_one_is_removed_with_success() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await ChangeAsync(ovs, [], [Flow(1), Flow(2)]);
        var changed = Flow(1) with { Actions = [FlowAction.Output(9)] };

        await ChangeAsync(ovs, [Flow(2), Flow(4)], [changed, Flow(3)]);
        await ChangeAsync(ovs, [Flow(2)], [changed]);

        Assert.Equal([changed, Flow(3)], await DumpAsync(ovs));
    });

    [SkippableFact]
    public Task A_bundle_with_a_flow_that_is_refused_changes_nothing() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await ChangeAsync(ovs, [], [Flow(1)]);
        var toNoGroup = Flow(3) with { Actions = [FlowAction.Group(77)] };

        var refused = await Assert.ThrowsAsync<SwitchException>(() => ChangeAsync(ovs, [Flow(1)], [Flow(2), toNoGroup, Flow(4)]));

        Assert.False(refused.IsTransient);
        Assert.Equal([Flow(1)], await DumpAsync(ovs));
    });

    [SkippableFact]
    public Task A_foreign_group_is_seen_and_deleted_with_the_flows_that_lead_to_it() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        Assert.Empty(await ovs.DumpGroupsAsync(CancellationToken.None));
        bench.AddGroup(77);
        await ChangeAsync(ovs, [], [Flow(1), Flow(3) with { Actions = [FlowAction.Group(77)] }]);

        Assert.Equal("group_id=77,type=all,bucket=bucket_id:0,actions=output:9",
            Assert.Single(await ovs.DumpGroupsAsync(CancellationToken.None)).ToString());
        await ovs.DeleteGroupAsync(77, CancellationToken.None);
        await ovs.DeleteGroupAsync(77, CancellationToken.None);

        Assert.Empty(await ovs.DumpGroupsAsync(CancellationToken.None));
        Assert.Equal([Flow(1)], await DumpAsync(ovs));
    });

    [SkippableFact]
    public Task Flows_are_gone_after_a_restart_of_ovs_vswitchd_and_stay_when_only_the_agent_restarts() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);
        await ChangeAsync(ovs, [], [Flow(1)]);
        var next = await ConnectedAsync(bench);
        Assert.Equal([Flow(1)], await DumpAsync(next));

        bench.StopVswitchd();
        bench.StartVswitchd();
        await bench.EventuallyAsync(() => !next.IsConnected, "the session is lost");
        await ConnectAsync(next);

        Assert.Empty(await DumpAsync(next));
    });

    [SkippableFact]
    public Task Connections_of_an_address_are_flushed_whether_there_are_any_or_not() => RunAsync(async bench =>
    {
        var ovs = await ConnectedAsync(bench);

        await FlushAsync(ovs);
        await FlushAsync(ovs);
        await ovs.FlushConnectionsAsync(1, Fabric.Messages.IpAddress.Parse("2001:db8:3::11"), CancellationToken.None);
    });

    private static Flow Flow(int number) => new()
    {
        Table = 1, Priority = (ushort)number, Cookie = 5, Match = Match.Any.Ip(), Actions = [FlowAction.Output(2)],
    };

    private static Task ChangeAsync(ISwitch ovs, ImmutableArray<Flow> removed, ImmutableArray<Flow> added) =>
        ovs.ChangeFlowsAsync(removed, added, CancellationToken.None);

    private static async Task<IEnumerable<Flow>> DumpAsync(ISwitch ovs, ulong? cookie = null) =>
        (await ovs.DumpFlowsAsync(cookie, CancellationToken.None)).OrderBy(f => f.Priority);
}
