using Fabric.Lab;

namespace Fabric.EndToEnd;

public sealed class CniCheckTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableFact]
    public Task Check_of_a_healthy_attachment_succeeds() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        var check = (await pod.CheckAsync()).MustSucceed();
        Assert.Empty(check.Stdout.Trim());
    });

    [SkippableFact]
    public Task Check_of_what_is_not_attached_is_an_unknown_container() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await pod.DelAsync()).MustSucceed();
        (await pod.CheckAsync()).MustFail(3);
    });

    [SkippableFact]
    public Task Check_finds_a_removed_veth() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        pod.Namespace.Ip("link", "delete", "eth0");
        Assert.Contains("eth0", (await pod.CheckAsync()).MustFail(106).Message, StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Check_finds_a_changed_address() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        pod.Namespace.Ip("address", "flush", "dev", "eth0");
        pod.Namespace.Ip("address", "add", "10.244.0.250/24", "dev", "eth0");
        Assert.Contains(pod.Address, (await pod.CheckAsync()).MustFail(106).Message, StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Check_finds_a_missing_route() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        pod.Namespace.Ip("route", "delete", "default");
        Assert.Contains("route 0.0.0.0/0", (await pod.CheckAsync()).MustFail(106).Message, StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Check_finds_an_interface_that_is_down() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        pod.Namespace.Ip("link", "set", "eth0", "down");
        Assert.Contains("down", (await pod.CheckAsync()).MustFail(106).Message, StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Check_repairs_a_missing_open_vswitch_port() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        using var other = await lab.First.AddPodAsync();
        lab.First.Ovs.Vsctl("del-port", EndToEndNode.BridgeName, pod.HostInterface);
        (await pod.CheckAsync()).MustSucceed();
        Assert.True(other.Pings(pod.Address));
        await Leaks.MustBeExactlyAsync(lab.First, pod, other);
    });

    [SkippableFact]
    public Task Check_repairs_missing_flows() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        using var other = await lab.First.AddPodAsync();
        var before = lab.First.Flows();
        lab.First.Ovs.Ofctl("del-flows", EndToEndNode.BridgeName);
        (await pod.CheckAsync()).MustSucceed();
        Assert.Empty(before.Except(lab.First.Flows()));
        Assert.Empty(lab.First.Flows().Except(before));
        Assert.True(other.Pings(pod.Address));
    });

    [SkippableFact]
    public Task Check_finds_a_host_interface_that_is_gone() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        lab.First.Namespace.Ip("link", "delete", pod.HostInterface);
        (await pod.CheckAsync()).MustFail(106);
        (await pod.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Check_in_another_namespace_fails() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        using var other = LabNamespace.Create("other");
        (await (pod.Call("CHECK") with { PrevResult = pod.Added!.Json, Netns = other.NetnsPath }).RunAsync()).MustFail(105);
    });

    [SkippableFact]
    public Task Check_accepts_what_a_later_plugin_changed_on_purpose() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        const string Mac = "0a:58:00:00:00:09";
        pod.Namespace.Ip("link", "set", "eth0", "address", Mac);
        pod.Namespace.Ip("route", "replace", "192.0.2.0/24", "via", "10.244.0.1");
        var previous = pod.Added!.Json;
        previous["interfaces"]![1]!["mac"] = Mac;
        (await (pod.Call("CHECK") with { PrevResult = previous }).RunAsync()).MustSucceed();
    });
}
