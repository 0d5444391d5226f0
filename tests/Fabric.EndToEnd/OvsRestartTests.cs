using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class OvsLab() : EndToEndLab(2);

public sealed class OvsRestartTests(OvsLab lab) : IClassFixture<OvsLab>
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task After_a_restart_of_ovs_vswitchd_ports_and_flows_are_back(bool killed) => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using var a = await node.AddPodAsync();
        using var b = await node.AddPodAsync();
        using var remote = await lab.Second.AddPodAsync();
        var before = node.Flows();
        var recovered = await RecoveriesAsync(node);
        if (killed)
            node.Ovs.KillVswitchd();
        else
            node.Ovs.StopVswitchd();
        node.Ovs.StartVswitchd();
        await LabWait.UntilAsync(async () => await RecoveriesAsync(node) > recovered, "Open vSwitch is in step again",
            TimeSpan.FromSeconds(30));
        Assert.Equal(before, node.Flows());
        LabWait.Until(() => a.Pings(b.Address) && a.Pings(remote.Address), "pods answer again");
        await Leaks.MustBeExactlyAsync(node, a, b);
        using var later = await node.AddPodAsync();
        Assert.True(later.Pings(a.Address));
    });

    [SkippableFact]
    public Task While_ovs_vswitchd_is_down_calls_are_answered_soon_and_DEL_is_carried_out_when_it_is_back() => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using var pod = await node.AddPodAsync();
        using var other = await node.AddPodAsync();
        using var fresh = node.NewPod();
        node.Ovs.KillVswitchd();
        // Far more than the 3 s that it takes, and far less than the 35 s that an attachment may take.
        async Task<CniRun> SoonAsync(Task<CniRun> call) => await call.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("Open vSwitch", (await SoonAsync(pod.DelAsync())).MustFail(11).Message, StringComparison.Ordinal);
        Assert.Contains("Open vSwitch", (await SoonAsync(pod.DelAsync())).MustFail(11).Message, StringComparison.Ordinal);
        Assert.Contains("Open vSwitch", (await SoonAsync(other.CheckAsync())).MustFail(11).Message, StringComparison.Ordinal);
        Assert.Contains("Open vSwitch", (await SoonAsync(fresh.Call("ADD").RunAsync())).MustFail(11).Message, StringComparison.Ordinal);
        (await SoonAsync(fresh.DelAsync())).MustSucceed();

        node.Ovs.StartVswitchd();
        await Leaks.MustBeExactlyAsync(node, other);
        (await pod.DelAsync()).MustSucceed();
        (await other.CheckAsync()).MustSucceed();
    });

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task After_a_restart_of_ovsdb_server_pods_attach_and_detach(bool killed) => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using var a = await node.AddPodAsync();
        if (killed)
            node.Ovs.KillDatabase();
        else
            node.Ovs.StopDatabase();
        await LabWait.UntilAsync(async () => !(await node.Call("STATUS").RunAsync()).Succeeded, "STATUS says so");
        node.Ovs.StartDatabase();
        await LabWait.UntilAsync(async () => (await node.Call("STATUS").RunAsync()).Succeeded, "STATUS succeeds again",
            TimeSpan.FromSeconds(30));
        using var b = await node.AddPodAsync();
        Assert.True(b.Pings(a.Address));
        (await a.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(node, b);
    });

    [SkippableFact]
    public Task What_others_did_to_the_bridge_is_repaired_and_recorded_and_a_lost_veth_is_an_orphan() => lab.TestAsync(async () =>
    {
        // The audit and the search for orphans both come every 30 s: one wait serves all three.
        var node = lab.Second;
        using var pod = await node.AddPodAsync();
        using var lost = await node.AddPodAsync();
        var before = node.Flows();
        node.Ovs.Ofctl("del-flows", EndToEndNode.BridgeName, "table=110");
        node.Ovs.Ofctl("add-flow", EndToEndNode.BridgeName, "table=0,priority=999,tcp,tp_dst=7777,actions=drop");
        node.Ovs.Ofctl("add-group", EndToEndNode.BridgeName, "group_id=9,type=select,bucket=weight:3,actions=output:1");
        node.Ovs.Vsctl("add-port", EndToEndNode.BridgeName, "fabt-other", "--", "set", "Interface", "fabt-other", "type=internal");
        node.Namespace.Ip("link", "delete", lost.HostInterface);
        await node.WaitForEventAsync<FlowEvent.DriftFound>(
            d => d.Repaired && d.MissingCount > 0 && d.Found.Any(f => f.Contains("7777", StringComparison.Ordinal)),
            "the drift is recorded", TimeSpan.FromSeconds(60));
        await LabWait.UntilAsync(() => Task.FromResult(before.SequenceEqual(node.Flows())), "the flows are as before");
        await node.WaitForEventAsync<FlowEvent.ForeignGroupsFound>(
            g => g.Removed && g.Groups.Single() == "group_id=9,type=select,bucket=bucket_id:0,weight:3,actions=output:1",
            "the foreign group is recorded", TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("group_id", node.Ovs.Ofctl("dump-groups", EndToEndNode.BridgeName), StringComparison.Ordinal);
        await node.WaitForEventAsync<FlowEvent.ForeignPortsFound>(
            p => p.Ports.SequenceEqual(["fabt-other"]), "the foreign port is recorded", TimeSpan.FromSeconds(10));
        node.Ovs.Vsctl("del-port", EndToEndNode.BridgeName, "fabt-other");
        await node.WaitForEventAsync<PortEvent.AttachmentOrphaned>(_ => true, "the orphan is recorded", TimeSpan.FromSeconds(60));
        // The runtime's late DEL still works.
        (await lost.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(node, pod);
    });

    [SkippableFact]
    public Task Other_bridges_are_left_alone() => lab.TestAsync(async () =>
    {
        var node = lab.First;
        node.Ovs.AddBridge("br-other");
        node.Ovs.Vsctl("add-port", "br-other", "fabt-own", "--", "set", "Interface", "fabt-own", "type=internal");
        node.Ovs.Ofctl("add-flow", "br-other", "priority=7,tcp,actions=drop");
        var before = Others(node);
        using (var pod = await node.AddPodAsync())
            (await pod.DelAsync()).MustSucceed();
        await node.CrashAndRestartAsync();
        Assert.Equal(before, Others(node));
        node.Ovs.Vsctl("del-br", "br-other");
    });

    [SkippableFact]
    public Task A_clash_of_the_overlay_port_is_refused_at_start_naming_bridge_and_port() => lab.TestAsync(async () =>
    {
        using var node = lab.NewNode();
        node.Ovs.AddBridge("br-tun");
        node.Ovs.Vsctl(
            "add-port", "br-tun", "old-vxlan", "--", "set", "Interface", "old-vxlan", "type=vxlan", "options:remote_ip=10.90.0.99");
        Assert.Equal(1, node.Launch().WaitForExit());
        Assert.Contains("old-vxlan", node.Log, StringComparison.Ordinal);
        Assert.Contains("br-tun", node.Log, StringComparison.Ordinal);
        node.Options["overlay-port"] = "4790";
        await node.StartAsync();
    });

    private static async Task<int> RecoveriesAsync(EndToEndNode node) =>
        (await node.EventsAsync()).Count(e => e.Event is NodeEvent.SwitchRecovered);

    /// <summary>What Fabric has no business with, as text: bridges, ports, flows.</summary>
    private static string Others(EndToEndNode node) => string.Concat(
        node.Ovs.Ofctl("--no-stats", "dump-flows", "br-other"),
        node.Ovs.Ofctl("--no-stats", "dump-flows", LabNode.UnderlayBridge),
        node.Ovs.Vsctl("--columns=_uuid,name,ports,other_config,external_ids,fail_mode,datapath_type,controller", "list", "Bridge",
            "br-other", LabNode.UnderlayBridge),
        node.Ovs.Vsctl("--columns=name,type,options,external_ids,mtu_request,ofport_request", "list", "Interface", "fabt-own",
            LabNode.UnderlayNic));
}
