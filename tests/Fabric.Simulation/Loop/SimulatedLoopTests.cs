namespace Fabric.Simulation;

public sealed class SimulatedLoopTests
{
    [Fact]
    public void One_seed_leaves_one_trace_and_another_seed_another()
    {
        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));
    }

    [Fact]
    public void The_seed_chooses_the_order_of_what_is_ready()
    {
        var orders = Enumerable.Range(1, 64).Select(seed => string.Join(",", Order((ulong)seed))).Distinct().Count();
        Assert.Equal(6, orders);
    }

    [Fact]
    public void Await_resumes_on_the_loop_at_the_virtual_time()
    {
        var loop = new SimulatedLoop(1) { TimerLateness = TimeSpan.Zero };
        var process = loop.Start("p");
        var resumed = TimeSpan.Zero;
        _ = process.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromHours(3), process.Time);
            Assert.Same(process, SynchronizationContext.Current);
            resumed = loop.Now;
        });
        Assert.True(loop.RunUntil(() => resumed > TimeSpan.Zero, TimeSpan.FromDays(1)));
        Assert.Equal(TimeSpan.FromHours(3), resumed);
    }

    [Fact]
    public void A_crashed_process_never_runs_again()
    {
        var loop = new SimulatedLoop(1);
        var (killed, other) = (loop.Start("killed"), loop.Start("other"));
        var (fromKilled, fromOther) = (0, 0);
        var signal = new TaskCompletionSource();
        _ = killed.Run(async () =>
        {
            using var timer = killed.Time.CreateTimer(_ => fromKilled++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            await signal.Task;
            fromKilled++;
        });
        _ = other.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(5), other.Time);
            fromOther++;
        });
        loop.RunFor(TimeSpan.FromMilliseconds(500));
        killed.Crash();
        signal.SetResult();
        loop.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 1), (fromKilled, fromOther));
    }

    [Fact]
    public void A_continuation_on_another_thread_fails_the_run()
    {
        var loop = new SimulatedLoop(1);
        using var letGo = new ManualResetEventSlim();
        using var escaped = new ManualResetEventSlim();
        _ = loop.Run(async () =>
        {
            // It escapes only when the first run is over, which would else fail in place of the second.
            await Task.Run(() =>
            {
                letGo.Wait();
                loop.Post(_ => { }, null);
                escaped.Set();
            });
        });
        loop.RunFor(TimeSpan.FromSeconds(1));
        letGo.Set();
        Assert.True(escaped.Wait(TimeSpan.FromSeconds(10)));
        var failure = Assert.Throws<SimulationFailedException>(() => loop.RunFor(TimeSpan.FromSeconds(1)));
        Assert.Contains("another thread", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_in_posted_work_fails_the_run()
    {
        var loop = new SimulatedLoop(1);
        loop.Post(_ => throw new InvalidOperationException("broken"), null);
        var failure = Assert.Throws<SimulationFailedException>(() => loop.RunFor(TimeSpan.FromSeconds(1)));
        Assert.Contains("broken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Work_that_never_rests_is_a_livelock()
    {
        var loop = new SimulatedLoop(1);
        loop.Post(Again, null);
        Assert.Throws<SimulationFailedException>(() => loop.RunUntil(() => false, TimeSpan.FromSeconds(1), mostSteps: 1000));

        void Again(object? state) => loop.Post(Again, null);
    }

    [Fact]
    public void The_wall_clock_steps_without_the_monotonic_one()
    {
        var loop = new SimulatedLoop(1);
        var process = loop.Start("p");
        loop.RunFor(TimeSpan.FromSeconds(10));
        var (wall, monotonic) = (process.Time.GetUtcNow(), process.Time.GetTimestamp());
        process.Time.StepWallClock(TimeSpan.FromHours(-1));
        Assert.Equal(wall.AddHours(-1), process.Time.GetUtcNow());
        Assert.Equal(monotonic, process.Time.GetTimestamp());
        Assert.Equal(10, process.Time.GetElapsedTime(0).TotalSeconds, 3);
    }

    [Fact]
    public void A_periodic_timer_rings_until_it_is_changed()
    {
        var loop = new SimulatedLoop(1) { TimerLateness = TimeSpan.Zero };
        var rung = 0;
        using var timer = loop.Time.CreateTimer(_ => rung++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        loop.RunFor(TimeSpan.FromSeconds(3.5));
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        loop.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(3, rung);
    }

    [Fact]
    public void A_failing_seed_is_named_with_the_command_that_replays_it()
    {
        // Whichever seeds the environment asks for.
        ulong? broken = null;
        var failure = Assert.ThrowsAny<Exception>(() => Seeds.Run("Some.Test", 3, run =>
        {
            run.Rate("loss", 0.5);
            broken = run.Seed;
            run.Check(false, "it breaks");
        }));
        Assert.Contains($"FABRIC_SEED={broken} dotnet test tests/Fabric.Simulation --filter FullyQualifiedName~Some.Test", failure.Message,
            StringComparison.Ordinal);
        Assert.Contains("loss", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_differs_between_two_runs_of_one_seed_fails()
    {
        var runs = 0;
        var failure = Assert.ThrowsAny<Exception>(() => Seeds.Run("Some.Test", 1, run => run.Loop.Note($"run {runs++}")));
        Assert.Contains("not deterministic", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SplitMix64_gives_the_published_numbers()
    {
        var random = new SeededRandom(1234567);
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL],
            [random.NextBits(), random.NextBits(), random.NextBits()]);
    }

    private static ulong Trace(ulong seed)
    {
        var loop = new SimulatedLoop(seed);
        foreach (var process in new[] { loop.Start("a"), loop.Start("b") })
        {
            _ = process.Run(async () =>
            {
                for (var i = 0; i < 20; i++)
                    await Task.Delay(loop.Random.UpTo(TimeSpan.FromSeconds(1)), process.Time);
            });
        }
        loop.RunFor(TimeSpan.FromMinutes(1));
        return loop.Trace.Value;
    }

    private static List<int> Order(ulong seed)
    {
        var loop = new SimulatedLoop(seed);
        var order = new List<int>();
        for (var i = 0; i < 3; i++)
            loop.Post(state => order.Add((int)state!), i);
        loop.RunFor(TimeSpan.FromSeconds(1));
        return order;
    }
}
