using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

/// <summary>Agents on a real etcd, with members and ways that fail.</summary>
public sealed class EtcdTests(EtcdLab lab) : IClassFixture<EtcdLab>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public Task Pods_of_two_nodes_reach_each_other() => lab.TestAsync(async () =>
    {
        using var here = await lab.First.AddPodAsync();
        using var there = await lab.Second.AddPodAsync();
        await KnowEachOtherAsync(lab.First, lab.Second);
        Assert.True(here.Pings(there.Address), "the first packet passes");
        Assert.NotEqual(here.Address.Split('.')[2], there.Address.Split('.')[2]);
    });

    [SkippableFact]
    public Task A_rolling_restart_of_all_agents_loses_no_packet_and_moves_no_cidr() => lab.TestAsync(() => RollingRestart.MustLoseNothingAsync(lab));

    [SkippableFact]
    public Task With_a_member_killed_pods_attach_and_a_node_joins() => lab.TestAsync(async () =>
    {
        lab.Etcd.Kill(0);
        try
        {
            using var here = await lab.First.AddPodAsync();
            using var late = lab.NewNode();
            await late.StartAsync();
            await KnowEachOtherAsync(lab.First, late);
            using var there = await late.AddPodAsync();
            Assert.True(here.Pings(there.Address), "the first packet to the new node passes");
        }
        finally
        {
            lab.Etcd.Restart(0);
        }
    });

    [SkippableFact]
    public Task With_all_members_gone_pods_attach_and_everything_catches_up_when_they_return() => lab.TestAsync(async () =>
    {
        using var there = await lab.Second.AddPodAsync();
        await KnowEachOtherAsync(lab.First, lab.Second);
        using var late = lab.NewNode();
        var from = lab.First.Log.Length;
        lab.Etcd.KillAll();
        try
        {
            await SaysAsync(lab.First, from, "the cluster store can't be read");
            using var pod = await lab.First.AddPodAsync();
            Assert.True(pod.Pings(there.Address), "the mesh is as it was");
            (await lab.First.Call("STATUS").RunAsync()).MustSucceed();
            (await pod.DelAsync()).MustSucceed();
            // Also for one that has no journal to go by yet: it waits.
            late.Launch();
            await SaysAsync(late, 0, "the cluster store can't be read");
            Assert.False((await late.Call("STATUS").RunAsync()).Succeeded);
        }
        finally
        {
            lab.Etcd.RestartAll();
        }
        await late.WaitUntilReadyAsync();
        await KnowEachOtherAsync(lab.First, late);
    });

    [SkippableFact]
    public Task A_node_cut_off_from_etcd_serves_its_pods_and_is_up_again_when_healed() => lab.TestAsync(async () =>
    {
        using var pod = await lab.Second.AddPodAsync();
        using var there = await lab.First.AddPodAsync();
        await KnowEachOtherAsync(lab.First, lab.Second);
        lab.Underlay.SetConnected(lab.Second.Lab, connected: false);
        try
        {
            await LabWait.UntilAsync(() => Task.FromResult(lab.LastOf(lab.Second)!.StartsWith("member-unreachable/", StringComparison.Ordinal)),
                "the node counts as unreachable", Patience);
            using var late = await lab.Second.AddPodAsync();
            Assert.True(pod.Pings(late.Address), "a pod attached meanwhile is reached on its node");
            (await lab.Second.Call("STATUS").RunAsync()).MustSucceed();
            Assert.Contains(new NodeName(lab.Second.Lab.Name), (await lab.First.StateAsync()).Tunnels.Keys);
        }
        finally
        {
            lab.Underlay.SetConnected(lab.Second.Lab, connected: true);
        }
        await LabWait.UntilAsync(() => Task.FromResult(lab.LastOf(lab.Second)!.StartsWith("member-up/", StringComparison.Ordinal)),
            "the node is up again", Patience);
        LabWait.Until(() => pod.Pings(there.Address), "its pods are reached again");
    });

    private static Task SaysAsync(EndToEndNode node, int from, string what) => LabWait.UntilAsync(
        () => Task.FromResult(node.Log.AsSpan(Math.Min(from, node.Log.Length)).Contains(what, StringComparison.Ordinal)),
        $"the agent of {node.Lab.Name} says '{what}'", Patience);

    private static Task KnowEachOtherAsync(EndToEndNode one, EndToEndNode other) => LabWait.UntilAsync(
        async () => await KnowsAsync(one, other) && await KnowsAsync(other, one), "the nodes have tunnels to each other", Patience);

    private static async Task<bool> KnowsAsync(EndToEndNode node, EndToEndNode peer) =>
        (await node.StateAsync()).Tunnels.ContainsKey(new NodeName(peer.Lab.Name))
        && node.Flows().Any(f => f.Contains($"tun_src={peer.Lab.Address},", StringComparison.Ordinal));
}
