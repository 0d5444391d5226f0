using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

[Collection(OvsCollection.Name)]
public sealed class RoundTripTests(OvsBridge bridge)
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_flows_read_back_equal_and_print_like_ovs_ofctl(int seed)
    {
        Skip.If(bridge.Missing is not null, bridge.Missing);
        await using var connection = await OpenFlowConnection.ConnectAsync(bridge.Address, TimeProvider.System);
        await connection.ApplyAsync([FlowMod.Delete()]);
        var flows = new FlowGenerator(seed).Flows(400);

        await connection.ApplyBundleAsync([.. flows.Select(FlowMod.Add)]);

        var expected = flows.Select(flow => flow.ToString()).Order(StringComparer.Ordinal).ToArray();
        var printed = await bridge.DumpAsync();
        Assert.Equal(
            string.Join('\n', expected.Except(printed).Take(5)), string.Join('\n', printed.Except(expected).Take(5)));
        Assert.Equal(expected, printed);
        var read = await connection.DumpFlowsAsync();
        Assert.Equal(flows.Count, read.Count);
        Assert.Empty(flows.Except(read).Select(flow => flow.ToString()));

        await connection.ApplyBundleAsync([.. read.Select(flow => FlowMod.DeleteStrict(flow.Key))]);
        Assert.Empty(await connection.DumpFlowsAsync());
    }
}
