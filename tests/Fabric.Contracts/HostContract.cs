using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>What every host promises (docs/architecture.md, engine). Inherited by the test class of each host.</summary>
/// <remarks>Each test starts on the host's loop with a host on an empty journal.</remarks>
public abstract partial class HostContract
{
    private static readonly PersistenceId s_a = Tally.Id("a");
    private static readonly PersistenceId s_b = Tally.Id("b");
    private static readonly PersistenceId s_notes = Notebook.Id("n");

    /// <summary>Runs a test on the host's loop; the simulated host runs it for many seeds.</summary>
    protected abstract Task RunOnLoopAsync(Func<HostBench, Task> test, string name);

    private Task RunAsync(Func<HostBench, Task> test, [CallerMemberName] string name = "") =>
        RunOnLoopAsync(async bench =>
        {
            using (bench)
            {
                bench.Start();
                await test(bench);
            }
        }, name);

    [Fact]
    public Task Commands_of_one_sender_are_decided_in_the_order_in_which_they_were_sent() => RunAsync(async bench =>
    {
        var asks = Enumerable.Range(1, 50).Select(i => bench.TellStateAsync(s_a, new TallyCommand.Add($"k{i}"))).ToArray();
        for (var i = 0; i < asks.Length; i++)
            Assert.Equal(i + 1, (await asks[i]).Total);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"k{i}"), await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task One_command_at_a_time_also_across_an_append() => RunAsync(async bench =>
    {
        await bench.StateOfAsync(s_a);
        bench.Journal.Hold();
        var first = bench.TellStateAsync(s_a, new TallyCommand.Add("one"));
        var second = bench.TellStateAsync(s_a, new TallyCommand.Add("two"));
        await bench.EventuallyAsync(() => bench.Journal.Held == 1, "the first append is under way");
        await bench.PassTurnsAsync();
        Assert.DoesNotContain(new TallyCommand.Add("two"), bench.Decided);
        bench.Journal.Release();
        Assert.Equal(1, (await first).Total);
        Assert.Equal(2, (await second).Total);
        Assert.Equal(1, bench.Journal.MostInFlight);
    });

    [Fact]
    public Task An_entity_that_waits_for_its_append_keeps_no_other_one_waiting() => RunAsync(async bench =>
    {
        bench.Journal.Hold();
        var held = bench.TellStateAsync(s_a, new TallyCommand.Add("one"));
        await bench.EventuallyAsync(() => bench.Journal.Held == 1, "the append is under way");
        Assert.Equal(0, (await bench.StateOfAsync(s_b)).Total);
        Assert.False(held.IsCompleted);
        bench.Journal.Release();
        Assert.Equal(1, (await held).Total);
    });

    [Fact]
    public Task Effects_and_replies_come_only_after_the_append_is_acknowledged() => RunAsync(async bench =>
    {
        await bench.StateOfAsync(s_a);
        bench.Observer.Driven.Clear();
        bench.Journal.Hold();
        var ask = bench.TellStateAsync(s_a, new TallyCommand.Drive("go"));
        await bench.EventuallyAsync(() => bench.Journal.Held == 1, "the append is under way");
        await bench.PassTurnsAsync();
        Assert.DoesNotContain("go", bench.Observer.Calls);
        Assert.False(ask.IsCompleted);
        bench.Journal.Release();
        await ask;
        await bench.EventuallyAsync(() => bench.Observer.Calls.Contains("go"), "the effect is carried out");
        var driven = bench.Observer.Driven.Single(d => ((TallyCall)d.Call).What == "go");
        Assert.Equal(new Causation(s_a, 1), driven.Causation);
        Assert.Equal("test", driven.Correlation.Value);
    });

    [Fact]
    public Task A_rejected_command_appends_nothing() => RunAsync(async bench =>
    {
        var result = await bench.AskAsync(s_a, new TallyCommand.Decline());
        Assert.Equal("declined", Assert.IsType<AskResult.Rejected>(result).Reason.Code);
        Assert.Empty(bench.Journal.Appends);
    });

    [Fact]
    public Task All_events_of_one_command_are_one_commit() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.AddSeveral("x", "y", "z"));
        var events = await bench.EventsAsync(s_a);
        Assert.Equal([1L, 2L, 3L], events.Select(e => e.SequenceNr));
        Assert.Single(events.Select(e => e.CommitId).Distinct());
        Assert.True(events[0].Hlc < events[1].Hlc && events[1].Hlc < events[2].Hlc);
    });

    [Fact]
    public Task What_the_cluster_acts_on_is_appended_synced() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        await bench.TellStateAsync(s_a, new TallyCommand.Promise("y"));
        Assert.Equal([Durability.Process, Durability.Synced], bench.Journal.Appends.Select(a => a.Durability));
    });

    [Fact]
    public Task Texts_that_events_refer_to_go_into_the_same_append() => RunAsync(async bench =>
    {
        var text = InternedText.Of("priority=1 actions=drop");
        await bench.TellStateAsync(s_a, new TallyCommand.Name(text.Id, text.Text));
        Assert.Equal([text], Assert.Single(bench.Journal.Appends).Texts.AsEnumerable());
    });

    [Fact]
    public Task An_ask_ends_at_its_deadline_and_the_command_is_carried_out_all_the_same() => RunAsync(async bench =>
    {
        await bench.StateOfAsync(s_a);
        bench.Journal.Hold();
        var result = await bench.AskAsync(s_a, new TallyCommand.Add("slow"), TimeSpan.FromMilliseconds(30));
        Assert.IsType<AskResult.Unavailable>(result);
        bench.Journal.Release();
        Assert.Equal(2, (await bench.TellStateAsync(s_a, new TallyCommand.Add("next"))).Total);
        Assert.Equal(["slow", "next"], await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task Deadlines_end_asks_in_their_own_order_not_in_that_of_asking() => RunAsync(async bench =>
    {
        var ended = new List<string>();
        var asks = new[] { ("long", 90), ("short", 30), ("middle", 60) }.Select(async d =>
        {
            Assert.IsType<AskResult.Unavailable>(
                await bench.AskAsync(s_a, new TallyCommand.AwaitOpening(), TimeSpan.FromMilliseconds(d.Item2)));
            ended.Add(d.Item1);
        }).ToArray();
        await Task.WhenAll(asks);
        Assert.Equal(["short", "middle", "long"], ended);
    });

    [Fact]
    public Task Everybody_who_waits_for_a_topic_is_answered() => RunAsync(async bench =>
    {
        var waiters = Enumerable.Range(0, 3).Select(_ => bench.TellStateAsync(s_a, new TallyCommand.AwaitOpening())).ToArray();
        await bench.StateOfAsync(s_a);
        Assert.DoesNotContain(waiters, w => w.IsCompleted);
        await bench.TellStateAsync(s_a, new TallyCommand.Open());
        foreach (var waiter in waiters)
            Assert.True((await waiter).IsOpen);
        Assert.True((await bench.TellStateAsync(s_a, new TallyCommand.AwaitOpening())).IsOpen);
    });

    [Fact]
    public Task Everybody_who_waits_for_a_topic_is_refused() => RunAsync(async bench =>
    {
        var waiters = Enumerable.Range(0, 3).Select(_ => bench.AskAsync(s_a, new TallyCommand.AwaitOpening())).ToArray();
        await bench.TellStateAsync(s_a, new TallyCommand.Close());
        foreach (var waiter in waiters)
            Assert.Equal("closed", Assert.IsType<AskResult.Rejected>(await waiter).Reason.Code);
    });

    [Fact]
    public Task A_requester_that_is_gone_harms_nobody() => RunAsync(async bench =>
    {
        var lost = await bench.AskAsync(s_a, new TallyCommand.AwaitOpening(), TimeSpan.FromMilliseconds(20));
        Assert.IsType<AskResult.Unavailable>(lost);
        var waiting = bench.TellStateAsync(s_a, new TallyCommand.AwaitOpening());
        await bench.TellStateAsync(s_a, new TallyCommand.Open());
        Assert.True((await waiting).IsOpen);
        Assert.Empty(bench.Observer.Failures);
    });

    [Fact]
    public Task An_entity_asks_another_one_and_hears_the_outcome_with_its_attempt() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.AskPeer(s_b, "from-a", 7));
        await WaitForHeardAsync(bench, s_a, "peer 7 Replied");
        var added = Assert.Single(await bench.EventsAsync(s_b));
        Assert.Equal(new Causation(s_a, 1), added.Causation);
        Assert.Equal("test", added.Correlation.Value);
    });

    [Fact]
    public Task An_entity_that_asks_hears_of_the_deadline() => RunAsync(async bench =>
    {
        bench.Start(o => o with { InternalAskDeadline = TimeSpan.FromMilliseconds(30) });
        bench.Journal.Hold();
        bench.Journal.PassThrough(s_a);
        await bench.TellStateAsync(s_a, new TallyCommand.AskPeer(s_b, "slow", 1));
        await WaitForHeardAsync(bench, s_a, "peer 1 Unavailable");
        bench.Journal.Release();
        await bench.EventuallyAsync(async () => (await bench.KeysAsync(s_b)).Count == 1, "the peer does it all the same");
        Assert.Single((await bench.StateOfAsync(s_a)).Heard);
    });

    [Fact]
    public Task Timers_ring_once_a_replaced_or_cancelled_one_never() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.SetTimer("cancelled", TimeSpan.FromMilliseconds(5)));
        await bench.TellStateAsync(s_a, new TallyCommand.SetTimer("replaced", TimeSpan.FromMilliseconds(2)));
        await bench.TellStateAsync(s_a, new TallyCommand.CancelTimer("cancelled"));
        await bench.TellStateAsync(s_a, new TallyCommand.SetTimer("replaced", TimeSpan.FromMilliseconds(40)));
        var before = (await bench.StateOfAsync(s_a)).Heard.Length;
        await bench.TellStateAsync(s_a, new TallyCommand.SetTimer("last", TimeSpan.FromMilliseconds(80)));
        await WaitForHeardAsync(bench, s_a, "timer last");
        await bench.EventuallyAsync(
            async () => (await bench.StateOfAsync(s_a)).Heard[before..].Contains("timer replaced"), "the replaced timer rings");
        // Nothing is promised of two timers' order: where a machine pauses, both are due at once.
        var heard = (await bench.StateOfAsync(s_a)).Heard[before..];
        Assert.Equal(["timer last", "timer replaced"], heard.Order(StringComparer.Ordinal));
    });

    private static Task WaitForHeardAsync(HostBench bench, PersistenceId tally, string what) =>
        bench.EventuallyAsync(async () => (await bench.StateOfAsync(tally)).Heard.Contains(what), $"it hears '{what}'");
}
