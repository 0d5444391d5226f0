using System.Text.Json.Nodes;

namespace Fabric.EndToEnd;

public sealed class CniDelTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableFact]
    public Task Del_is_repeatable() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await pod.DelAsync()).MustSucceed();
        Assert.DoesNotContain("eth0", pod.Namespace.Ip("-br", "link", "show"), StringComparison.Ordinal);
        (await pod.DelAsync()).MustSucceed();
        // containerd's second DEL: no namespace, no prevResult.
        (await (pod.Call("DEL") with { Netns = "", Args = "" }).RunAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Del_of_what_was_never_added_succeeds() => lab.TestAsync(async () =>
    {
        using var pod = lab.First.NewPod();
        var before = (await lab.First.EventsAsync()).Length;
        (await pod.DelAsync()).MustSucceed();
        Assert.Equal(before, (await lab.First.EventsAsync()).Length);
    });

    [SkippableFact]
    public Task Del_succeeds_with_the_namespace_gone() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        pod.Namespace.Dispose();
        (await pod.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Del_succeeds_with_an_empty_netns_and_without_prevResult() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await (pod.Call("DEL") with { Netns = "" }).RunAsync()).MustSucceed();
        Assert.DoesNotContain("eth0", pod.Namespace.Ip("-br", "link", "show"), StringComparison.Ordinal);
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task Del_succeeds_with_a_prevResult_that_makes_no_sense() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        (await (pod.Call("DEL") with { PrevResult = JsonNode.Parse("""{"ips":7}""") }).RunAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task Dels_tombstone_frees_the_interfaces_name_for_an_immediate_add() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        for (var i = 0; i < 10; i++)
        {
            (await pod.DelAsync()).MustSucceed();
            await pod.AddAsync();
        }
        await Leaks.MustBeExactlyAsync(lab.First, pod);
        (await pod.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    /// <summary>The DEL starts at a moment of its own in each round, from before the ADD is heard of to after its end.</summary>
    [SkippableFact]
    public Task Del_is_accepted_at_every_moment_of_a_running_add() => lab.TestAsync(async () =>
    {
        for (var round = 0; round < 24; round++)
        {
            using var pod = lab.First.NewPod();
            using var add = pod.Call("ADD").Start();
            Moments.Pass(TimeSpan.FromMilliseconds(round * 0.75));
            (await pod.DelAsync()).MustSucceed();
            var added = await CniCall.ReadAsync(add);
            Assert.Contains(added.Code, (int[])[0, 11]);
            // Whichever was heard last decides; a last DEL leaves nothing in either case.
            (await pod.DelAsync()).MustSucceed();
            Assert.DoesNotContain("eth0", pod.Namespace.Ip("-br", "link", "show"), StringComparison.Ordinal);
        }
        await Leaks.MustBeExactlyAsync(lab.First);
    });

    [SkippableFact]
    public Task An_add_during_a_del_is_told_to_come_again_or_succeeds() => lab.TestAsync(async () =>
    {
        for (var round = 0; round < 12; round++)
        {
            using var pod = await lab.First.AddPodAsync();
            using var del = pod.Call("DEL").Start();
            Moments.Pass(TimeSpan.FromMilliseconds(round * 0.75));
            var again = await pod.Call("ADD").RunAsync();
            (await CniCall.ReadAsync(del)).MustSucceed();
            Assert.Contains(again.Code, (int[])[0, 11]);
            await pod.AddAsync();
            Assert.Contains(pod.Address, pod.Namespace.Ip("address", "show", "eth0"), StringComparison.Ordinal);
            (await pod.DelAsync()).MustSucceed();
        }
        await Leaks.MustBeExactlyAsync(lab.First);
    });
}
