using Fabric.Cluster.Kubernetes;
using Fabric.Cluster.Tests;
using Fabric.Messages;
using Fabric.Node.Cni;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>What becomes of failed calls: Events that a person can use, and no more of them than that.</summary>
public sealed class PodEventsTests
{
    private static readonly PodRef s_pod = new("default", "a-1", "uid-1");

    private static PodCall Call(int code, string message = "", bool isAdd = true, string container = "c1", PodRef? pod = null) =>
        new(isAdd, pod ?? s_pod, container, code, message, new CorrelationId("c0ffee"));

    [Fact]
    public void A_failed_add_becomes_an_event_on_its_pod_at_once() => Run(async (events, api, time) =>
    {
        events.Answered(Call(109, "address 10.9.9.9 of network pods can't be assigned: it is held; choose another"));
        var told = await OnlyAsync(api, time, e => e.Count == 1);
        Assert.Equal(("FabricAttachFailed", "Warning", "node-a"), (told.Reason, told.Type, told.Source.Host));
        Assert.Equal(new InvolvedObject("v1", "Pod", "a-1", "default", "uid-1"), told.InvolvedObject);
        Assert.Equal("address 10.9.9.9 of network pods can't be assigned: it is held; choose another; "
            + "fabric events --correlation c0ffee tells more (node node-a)", told.Message);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(1), $"{time.Elapsed}");
    });

    [Fact]
    public void What_is_repeated_each_second_is_one_event_that_is_written_now_and_then() => Run(async (events, api, time) =>
    {
        for (var i = 0; i < 600; i++)
        {
            events.Answered(Call(100, $"no address is left, try {i}", container: $"c{i}"));
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        }
        Assert.InRange(api.Writes, 4, 7);
        var told = await OnlyAsync(api, time, e => e.Count == 600);
        Assert.StartsWith("no address is left, try 599", told.Message, StringComparison.Ordinal);
        Assert.True(told.LastTimestamp - told.FirstTimestamp > TimeSpan.FromSeconds(590));
    });

    [Fact]
    public void Try_again_later_is_told_only_when_it_lasts() => Run(async (events, api, time) =>
    {
        events.Answered(Call(11, "the agent is starting"));
        await Task.Delay(TimeSpan.FromSeconds(20), time);
        events.Answered(Call(0));
        await Task.Delay(TimeSpan.FromSeconds(20), time);
        events.Answered(Call(11, "Open vSwitch does not answer"));
        await Task.Delay(TimeSpan.FromSeconds(29), time);
        events.Answered(Call(11, "Open vSwitch does not answer"));
        await Task.Delay(TimeSpan.FromSeconds(5), time);
        Assert.Equal(0, api.Writes);
        events.Answered(Call(11, "Open vSwitch does not answer"));
        var told = await OnlyAsync(api, time, e => e.Count == 1);
        Assert.StartsWith("could not be attached for 34 s now: Open vSwitch does not answer", told.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_detachment_is_told_when_it_lasts() => Run(async (events, api, time) =>
    {
        for (var i = 0; i < 7; i++)
        {
            events.Answered(Call(11, "not detached yet", isAdd: false));
            events.Answered(Call(11, "not detached yet", isAdd: false, container: "short-lived"));
            events.Answered(Call(0, isAdd: false, container: "short-lived"));
            await Task.Delay(TimeSpan.FromSeconds(10), time);
        }
        var told = await OnlyAsync(api, time, e => e.Count == 1);
        Assert.Equal("FabricDetachFailed", told.Reason);
    });

    [Fact]
    public void An_api_that_is_away_gets_it_later_and_a_lost_answer_makes_no_second_event() => Run(async (events, api, time) =>
    {
        for (var i = 0; i < 6; i++)
            api.Faults.Enqueue(ApiFault.Unreachable);
        var lost = false;
        api.Api.After = (request, _) =>
        {
            if (lost || request.Verb != "CREATE")
                return Task.CompletedTask;
            lost = true;
            throw new KubernetesException($"{request}", ApiFault.Timeout, "no answer", isSurelyUndone: false);
        };
        events.Answered(Call(101, "port fab0 could not be made"));
        while (!lost)
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        await Task.Delay(TimeSpan.FromMinutes(2), time);
        await OnlyAsync(api, time, e => e.Count == 1);
        Assert.Equal(2, api.Lines.Count);
    });

    [Fact]
    public void Another_agent_goes_on_with_the_event_that_is_there_and_one_that_ran_out_is_made_anew() => Run(async (events, api, time) =>
    {
        events.Answered(Call(101, "first"));
        var first = await OnlyAsync(api, time, e => e.Count == 1);
        await RunAsync(api, time, async later =>
        {
            later.Answered(Call(101, "second"));
            Assert.Equal(first.Metadata.Name, (await OnlyAsync(api, time, e => e.Count == 2)).Metadata.Name);
        });
        await api.Api.DeleteAsync(EventObject.Resource, "default", first.Metadata.Name!, null, default);
        await Task.Delay(TimeSpan.FromMinutes(1), time);
        events.Answered(Call(101, "third"));
        await OnlyAsync(api, time, e => e.Message.StartsWith("third", StringComparison.Ordinal));
    });

    [Fact]
    public void What_does_not_fit_is_dropped_oldest_first_and_counted() => Run(async (events, api, time) =>
    {
        api.Log.Metrics = new NodeMetrics("1.0.0");
        api.Faults.Enqueue(ApiFault.Unreachable);
        for (var i = 0; i < PodEvents.MostSeries + 10; i++)
        {
            events.Answered(Call(101, "x", pod: new PodRef("default", $"p{i}", $"u{i}")));
            if (i % 100 == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(1), time);
        }
        while ((await EventsAsync(api)).Length < PodEvents.MostSeries)
            await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.DoesNotContain(await EventsAsync(api), e => e.InvolvedObject.Name == "p1");
        var family = api.Log.Metrics.Families.Single(f => f.Name == "fabric_pod_events_dropped_total");
        var text = new System.Text.StringBuilder();
        family.WriteSamples(text);
        Assert.Equal("fabric_pod_events_dropped_total 10\n", text.ToString());
    });

    private static async Task<EventObject[]> EventsAsync(ObservedApi api) =>
        [.. (await api.Api.ListAsync(EventObject.Resource, ObjectQuery.All, 0, null, null, default)).Items];

    private static async Task<EventObject> OnlyAsync(ObservedApi api, SimulatedTime time, Func<EventObject, bool> condition)
    {
        var end = time.Elapsed + TimeSpan.FromMinutes(30);
        while (time.Elapsed < end)
        {
            if (await EventsAsync(api) is [var only] && condition(only))
                return only;
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        }
        return Assert.Single(await EventsAsync(api), e => condition(e));
    }

    private static void Run(Func<PodEvents, ObservedApi, SimulatedTime, Task> test) => SimulatedLoop.Run(async time =>
    {
        var api = new ObservedApi(time);
        await RunAsync(api, time, events => test(events, api, time));
    }, TimeSpan.FromHours(2));

    private static async Task RunAsync(ObservedApi api, SimulatedTime time, Func<PodEvents, Task> test)
    {
        using var ending = new CancellationTokenSource();
        var events = new PodEvents(api.Api, new NodeName("node-a"), time, api.Log);
        var work = events.RunAsync(ending.Token);
        await test(events);
        ending.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }
}
