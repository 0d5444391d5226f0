using Fabric.Actors;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class CniLab() : EndToEndLab(1);

/// <summary>ADD with the real binary, the real agent, the real kernel and a real Open vSwitch.</summary>
public sealed class CniAddTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableFact]
    public Task Add_returns_when_the_port_forwards_and_its_flows_are_in_place() => lab.TestAsync(async () =>
    {
        using var a = await lab.First.AddPodAsync();
        using var b = await lab.First.AddPodAsync();
        Assert.True(b.Pings(a.Address), "the first packet after ADD passes");
        await Leaks.MustBeExactlyAsync(lab.First, a, b);
        (await a.DelAsync()).MustSucceed();
        (await b.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task The_flows_of_an_attachment_belong_to_its_add_and_its_del() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await pod.DelAsync()).MustSucceed();
        var owner = new PersistenceId("port", $"{pod.ContainerId}/eth0");
        await LabWait.UntilAsync(async () => (await FlowsAsync()).Count == 2, "both changes of flows are recorded");
        var events = await lab.First.EventsAsync();
        var add = events.Single(e => e.Event is PortEvent.AttachmentRequested && e.Envelope.Stream == owner);
        var del = events.Single(e => e.Event is PortEvent.DetachRequested && e.Envelope.Stream == owner);
        Assert.Equal([add.Envelope.Correlation, del.Envelope.Correlation], (await FlowsAsync()).Select(f => f.Correlation));

        async Task<List<EventEnvelope>> FlowsAsync() =>
            [.. (await lab.First.EventsAsync()).Where(e => e.Event is FlowEvent.FlowsChanged changed && changed.Reason == owner.ToString())
                .Select(e => e.Envelope)];
    });

    [SkippableTheory]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public Task The_result_has_the_shape_of_its_version(string version) => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var added = (await (pod.Call("ADD") with { CniVersion = version }).RunAsync()).MustSucceed().Json;
        Assert.Equal(version, added["cniVersion"]!.GetValue<string>());
        var container = added["interfaces"]![1]!;
        Assert.Equal("eth0", container["name"]!.GetValue<string>());
        Assert.Equal(pod.Namespace.NetnsPath, container["sandbox"]!.GetValue<string>());
        Assert.Equal(1, added["ips"]![0]!["interface"]!.GetValue<int>());
        // "version" left with 1.0, the interface's MTU came with 1.1.
        Assert.Equal(version[0] == '0' ? "4" : null, added["ips"]![0]!["version"]?.GetValue<string>());
        Assert.Equal(version == "1.1.0" ? 1450 : null, container["mtu"]?.GetValue<int>());
        Assert.Equal("0.0.0.0/0", added["routes"]![0]!["dst"]!.GetValue<string>());
        (await (pod.Call("DEL") with { CniVersion = version }).RunAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task A_repeated_add_returns_the_stored_result_without_new_events() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        var before = await PortEventsAsync(pod);
        var again = (await pod.Call("ADD").RunAsync()).MustSucceed();
        Assert.Equal(pod.Added!.Stdout, again.Stdout);
        Assert.Equal(before, await PortEventsAsync(pod));
    });

    [SkippableFact]
    public Task An_add_with_another_namespace_is_refused() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        using var other = LabNamespace.Create("other");
        (await (pod.Call("ADD") with { Netns = other.NetnsPath }).RunAsync()).MustFail(105);
        Assert.DoesNotContain("eth0", other.Ip("-br", "link", "show"), StringComparison.Ordinal);
        Assert.Equal(pod.Added!.Stdout, (await pod.Call("ADD").RunAsync()).MustSucceed().Stdout);
    });

    [SkippableFact]
    public Task An_add_with_another_configuration_is_refused() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await (pod.Call("ADD") with { Extra = """{"mtu":1300}""" }).RunAsync()).MustFail(105);
        Assert.Equal(pod.Added!.Stdout, (await pod.Call("ADD").RunAsync()).MustSucceed().Stdout);
    });

    [SkippableFact]
    public Task An_interface_of_that_name_that_is_not_ours_is_left_alone() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        pod.Namespace.Ip("link", "add", "eth0", "type", "bridge");
        (await pod.Call("ADD").RunAsync()).MustFail(104);
        Assert.Contains("bridge", pod.Namespace.Ip("-d", "link", "show", "eth0"), StringComparison.Ordinal);
        await Leaks.MustBeExactlyAsync(lab.First);
        (await pod.DelAsync()).MustSucceed();
        Assert.Contains("bridge", pod.Namespace.Ip("-d", "link", "show", "eth0"), StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task A_retry_while_the_first_attempt_runs_joins_it() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var calls = Enumerable.Range(0, 6).Select(_ => pod.Call("ADD").RunAsync()).ToArray();
        var answers = await Task.WhenAll(calls);
        Assert.All(answers, a => a.MustSucceed());
        Assert.Single(answers.Select(a => a.Stdout).Distinct());
        Assert.Single(await PortEventsAsync(pod), e => e == nameof(PortEvent.AttachmentRequested));
        (await pod.DelAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task An_mtu_above_the_fabrics_is_an_invalid_configuration() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var refused = (await (pod.Call("ADD") with { Extra = """{"mtu":1451}""" }).RunAsync()).MustFail(7);
        Assert.Contains("1450", refused.Message, StringComparison.Ordinal);
        (await (pod.Call("ADD") with { Extra = """{"mtu":1400}""" }).RunAsync()).MustSucceed();
        Assert.Contains("mtu 1400", pod.Namespace.Ip("link", "show", "eth0"), StringComparison.Ordinal);
        (await pod.DelAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task Twenty_pods_at_once_have_twenty_addresses_and_leave_nothing() => lab.TestAsync(async () =>
    {
        var pods = Enumerable.Range(0, 20).Select(_ => lab.First.NewPod()).ToArray();
        try
        {
            await Task.WhenAll(pods.Select(p => p.AddAsync()));
            await Leaks.MustBeExactlyAsync(lab.First, pods);
            Assert.True(pods[0].Pings(pods[19].Address));
            Assert.All(await Task.WhenAll(pods.Select(p => p.DelAsync())), d => d.MustSucceed());
            await Leaks.MustBeExactlyAsync(lab.First);
        }
        finally
        {
            foreach (var pod in pods)
                pod.Dispose();
        }
    });

    private static async Task<string[]> PortEventsAsync(Pod pod) =>
    [
        .. (await pod.Node.EventsAsync()).Where(e => e.Envelope.Stream.Key == $"{pod.ContainerId}/eth0")
            .Select(e => e.Event.GetType().Name),
    ];
}
