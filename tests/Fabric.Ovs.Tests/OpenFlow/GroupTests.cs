using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

[Collection(OvsCollection.Name)]
public sealed class GroupTests(OvsBridge bridge)
{
    private static readonly string[] s_groups =
    [
        "group_id=1,type=all,bucket=bucket_id:0,actions=drop,bucket=bucket_id:1,actions=output:2,output:3",
        "group_id=2,type=select,bucket=bucket_id:7,actions=output:2,bucket=bucket_id:9,weight:40,actions=load:0x5->NXM_NX_REG0[],output:3",
        "group_id=3,type=fast_failover,bucket=bucket_id:0,watch_port:2,actions=output:2,bucket=bucket_id:1,watch_group:1,actions=group:1",
        "group_id=4294967040,type=indirect,bucket=bucket_id:0,actions=output:1",
    ];

    [SkippableFact]
    public async Task Groups_print_like_ovs_ofctl_and_are_deleted_one_by_one()
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        foreach (var group in s_groups)
            await bridge.OfctlAsync(["add-group"], group);
        await using var connection = await OpenFlowConnection.ConnectAsync(bridge.Address, TimeProvider.System);

        var groups = await connection.DumpGroupsAsync();
        var printed = (await bridge.OfctlAsync(["--no-names", "dump-groups"])).Split('\n')
            .Where(line => line.Contains("group_id", StringComparison.Ordinal)).Select(line => line.Trim()).Order(StringComparer.Ordinal);
        Assert.Equal(printed, groups.Select(group => group.ToString()).Order(StringComparer.Ordinal));

        await connection.DeleteGroupAsync(2);
        Assert.Equal([1u, 3u, 0xffffff00u], (await connection.DumpGroupsAsync()).Select(group => group.Id));
        foreach (var group in groups)
            await connection.DeleteGroupAsync(group.Id);
        Assert.Empty(await connection.DumpGroupsAsync());
    }
}
