using System.Text.Json.Nodes;
using Fabric.Lab;

namespace Fabric.EndToEnd;

public sealed class CniGcStatusTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableFact]
    public Task Gc_removes_exactly_the_others_of_its_network() => lab.TestAsync(async () =>
    {
        using var kept = await lab.First.AddPodAsync();
        using var stale = await lab.First.AddPodAsync();
        using var foreign = lab.First.NewPod();
        var other = (await (foreign.Call("ADD") with { NetworkName = "elsewhere" }).RunAsync()).MustSucceed();
        (await GcAsync(kept)).MustSucceed();
        (await kept.CheckAsync()).MustSucceed();
        (await stale.CheckAsync()).MustFail(3);
        (await (foreign.Call("CHECK") with { NetworkName = "elsewhere", PrevResult = other.Json }).RunAsync()).MustSucceed();
        (await (foreign.Call("DEL") with { NetworkName = "elsewhere" }).RunAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First, kept);
    });

    [SkippableFact]
    public Task Gc_without_the_key_changes_nothing_and_with_an_empty_list_removes_all() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await lab.First.Call("GC").RunAsync()).MustFail(7);
        (await (lab.First.Call("GC") with { Extra = """{"cni.dev/valid-attachments":null}""" }).RunAsync()).MustFail(7);
        (await pod.CheckAsync()).MustSucceed();
        (await GcAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Gc_never_touches_an_add_in_progress() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var adding = pod.AddAsync();
        // Each GC's list is one in which the pod stands from the moment on at which the runtime knows it.
        while (!adding.IsCompleted)
            (await GcAsync(pod)).MustSucceed();
        await adding;
        (await pod.CheckAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task Status_succeeds_while_add_can_be_served() => lab.TestAsync(async () =>
        Assert.Empty((await lab.First.Call("STATUS").RunAsync()).MustSucceed().Stdout.Trim()));

    [SkippableFact]
    public Task Status_is_50_without_and_51_with_pods_while_open_vswitch_is_down() => lab.TestAsync(async () =>
    {
        var node = lab.First;
        await StatusBecomesAsync(0);
        node.Ovs.StopVswitchd();
        var down = await StatusBecomesAsync(50);
        Assert.Contains("Open vSwitch", down.Message, StringComparison.Ordinal);
        using (var refused = node.NewPod())
            (await refused.Call("ADD").RunAsync()).MustFail(11);
        node.Ovs.StartVswitchd();
        await StatusBecomesAsync(0);
        using var pod = await node.AddPodAsync();
        node.Ovs.StopVswitchd();
        await StatusBecomesAsync(51);
        node.Ovs.StartVswitchd();
        await StatusBecomesAsync(0);
        (await pod.CheckAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task Without_an_agent_calls_say_try_again_later_and_status_says_50() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        lab.First.Agent!.Kill();
        try
        {
            var answers = await Task.WhenAll(pod.Call("ADD").RunAsync(), pod.DelAsync(), lab.First.Call("STATUS").RunAsync());
            Assert.Equal([11, 11, 50], answers.Select(a => a.Code));
        }
        finally
        {
            await lab.First.StartAsync();
        }
    });

    private Task<CniRun> GcAsync(params Pod[] valid)
    {
        var list = new JsonArray([.. valid.Select(p => new JsonObject { ["containerID"] = p.ContainerId, ["ifname"] = "eth0" })]);
        return (lab.First.Call("GC") with { Extra = new JsonObject { ["cni.dev/valid-attachments"] = list }.ToJsonString() }).RunAsync();
    }

    private async Task<CniRun> StatusBecomesAsync(int code)
    {
        CniRun? last = null;
        await LabWait.UntilAsync(async () =>
        {
            last = await lab.First.Call("STATUS").RunAsync();
            return last.Code == code;
        }, $"STATUS is {code}", TimeSpan.FromSeconds(30));
        return last!;
    }
}
