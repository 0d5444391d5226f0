using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

// Failures, restarts, passivation.
public abstract partial class HostContract
{
    [Fact]
    public Task A_failed_entity_recovers_and_loses_nothing_of_its_mailbox() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        var broken = bench.AskAsync(s_a, new TallyCommand.BreakDeciding());
        var next = bench.TellStateAsync(s_a, new TallyCommand.Add("y"));
        Assert.IsType<AskResult.Unavailable>(await broken);
        Assert.Equal(2, (await next).Total);
        Assert.Equal(["tally/a broken while deciding True"], bench.Observer.Failures);
    });

    [Fact]
    public Task Failures_beyond_the_limit_stop_the_entity_and_no_other_one() => RunAsync(async bench =>
    {
        for (var i = 0; i < 4; i++)
            Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.BreakDeciding()));
        var result = await bench.AskAsync(s_a, new TallyCommand.Add("x"));
        Assert.Contains("stopped", Assert.IsType<AskResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        Assert.Equal([true, true, true, false], bench.Observer.Failures.Select(f => f.EndsWith("True", StringComparison.Ordinal)));
        Assert.Empty(await bench.ManifestsAsync(s_a));
        Assert.Equal(1, (await bench.TellStateAsync(s_b, new TallyCommand.Add("x"))).Total);
    });

    [Fact]
    public Task A_state_that_fails_each_time_it_is_recovered_does_not_restart_for_ever() => RunAsync(async bench =>
    {
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Poison()));
        await bench.EventuallyAsync(() => bench.Observer.Failures.Count == 4, "the restarts are used up");
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Read()));
        await bench.PassTurnsAsync();
        Assert.Equal(4, bench.Observer.Failures.Count);
    });

    [Fact]
    public Task Who_waits_for_an_entity_that_fails_is_told_at_once() => RunAsync(async bench =>
    {
        var waiting = bench.AskAsync(s_a, new TallyCommand.AwaitOpening());
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.BreakDeciding()));
        Assert.IsType<AskResult.Unavailable>(await waiting);
    });

    [Fact]
    public Task A_failure_after_the_append_keeps_what_was_appended() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.BreakReacting());
        Assert.Equal(1, (await bench.TellStateAsync(s_a, new TallyCommand.Add("x"))).Total);
        Assert.Equal(["broke-reacting/1", "added/1"], await bench.ManifestsAsync(s_a));
    });

    [Fact]
    public Task A_failed_entity_is_resumed_without_a_command() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        bench.Observer.Driven.Clear();
        await bench.AskAsync(s_a, new TallyCommand.BreakDeciding());
        await bench.EventuallyAsync(() => bench.Observer.Calls.SequenceEqual(["resumed at 1"]), "it is resumed");
    });

    [Fact]
    public Task Passivation_under_load_loses_nothing() => RunAsync(async bench =>
    {
        bench.Start(o => o with { PassivateAfter = TimeSpan.FromMilliseconds(2) });
        var entities = Enumerable.Range(0, 8).Select(i => Tally.Id($"p{i}")).ToArray();
        for (var round = 1; round <= 12; round++)
        {
            var asks = entities.Select(e => bench.TellStateAsync(e, new TallyCommand.Add($"k{round}"))).ToArray();
            foreach (var ask in asks)
                Assert.Equal(round, (await ask).Total);
            if (round % 4 == 0)
                await ResumedAgainAsync(bench, entities[0], new TallyCommand.Read());
        }
        foreach (var entity in entities)
            Assert.Equal(Enumerable.Range(1, 12).Select(i => $"k{i}"), await bench.KeysAsync(entity));
    });

    [Fact]
    public Task An_entity_with_a_timer_or_a_waiter_stays() => RunAsync(async bench =>
    {
        bench.Start(o => o with { PassivateAfter = TimeSpan.FromMilliseconds(2) });
        await bench.TellStateAsync(s_a, new TallyCommand.SetTimer("t", TimeSpan.FromMilliseconds(40)));
        var waiting = bench.TellStateAsync(s_b, new TallyCommand.AwaitOpening());
        await bench.EventuallyAsync(() => bench.Decided.Contains(new TallyCommand.Ring("t")), "the timer rings");
        await bench.TellStateAsync(s_b, new TallyCommand.Open());
        Assert.True((await waiting).IsOpen);
    });

    [Fact]
    public Task The_outcome_of_an_ask_reaches_an_entity_that_was_passivated_meanwhile() => RunAsync(async bench =>
    {
        bench.Start(o => o with { PassivateAfter = TimeSpan.FromMilliseconds(2) });
        await bench.StateOfAsync(s_a);
        await bench.TellStateAsync(s_b, new TallyCommand.Add("here"));
        bench.Journal.Hold();
        // The peer's own append is held first, so that the ask that follows has to wait in its mailbox.
        var held = bench.TellStateAsync(s_b, new TallyCommand.Add("held"));
        await bench.EventuallyAsync(() => bench.Journal.Held == 1, "the peer is held");
        bench.Journal.PassThrough(s_a);
        await bench.TellStateAsync(s_a, new TallyCommand.AskPeer(s_b, "from-a", 3));
        await bench.PassTurnsAsync();
        await IdleAsync(bench);
        bench.Journal.Release();
        await held;
        await bench.EventuallyAsync(
            () => bench.Decided.OfType<AskOutcome>().Any(o => o is { Attempt: 3, Result: AskResult.Replied }), "the outcome arrives");
    });

    [Fact]
    public Task A_host_that_is_ended_ends_all_asks_and_starts_nothing_new() => RunAsync(async bench =>
    {
        await bench.StateOfAsync(s_a);
        var waiting = bench.AskAsync(s_b, new TallyCommand.AwaitOpening());
        await bench.StateOfAsync(s_b);
        bench.Journal.Hold();
        var held = bench.AskAsync(s_a, new TallyCommand.Drive("too-late"));
        var queued = bench.AskAsync(s_a, new TallyCommand.Add("queued"));
        await bench.EventuallyAsync(() => bench.Journal.Held == 1, "the append is under way");
        bench.Dispose();
        Assert.IsType<AskResult.Unavailable>(await waiting);
        Assert.IsType<AskResult.Unavailable>(await queued);
        bench.Journal.Release();
        await held;
        Assert.DoesNotContain("too-late", bench.Observer.Calls);
    });

    [Fact]
    public Task A_mailbox_that_grows_too_deep_is_reported_once() => RunAsync(async bench =>
    {
        bench.Start(o => o with { MailboxWarningDepth = 10 });
        var asks = Enumerable.Range(0, 15).Select(i => bench.TellStateAsync(s_a, new TallyCommand.Add($"k{i}"))).ToArray();
        await Task.WhenAll(asks);
        Assert.Equal([10], bench.Observer.Depths);
    });

    /// <summary>Waits until the entity has left memory and come back: it says so by resuming.</summary>
    private static async Task ResumedAgainAsync(HostBench bench, PersistenceId entity, ICommand command)
    {
        var before = bench.Observer.Driven.Count(d => d.From == entity);
        await bench.EventuallyAsync(async () =>
        {
            await IdleAsync(bench);
            await bench.AskAsync(entity, command);
            return bench.Observer.Driven.Count(d => d.From == entity) > before;
        }, "it is passivated and comes back");
    }

    /// <summary>Lets several times the passivation's interval pass.</summary>
    private static async Task IdleAsync(HostBench bench)
    {
        var began = bench.Time.GetTimestamp();
        await bench.EventuallyAsync(() => bench.Time.GetElapsedTime(began) > TimeSpan.FromMilliseconds(15), "time passes");
    }
}
