using Fabric.Actors;
using Fabric.Contracts;

namespace Fabric.Simulation;

/// <summary>The same host on the simulated loop: every promise of the contract in many orders.</summary>
public sealed class SimulatedHostTests : HostContract
{
    private const int SeedCount = 60;

    protected override Task RunOnLoopAsync(Func<HostBench, Task> test, string name)
    {
        Seeds.Run($"{nameof(SimulatedHostTests)}.{name}", SeedCount, run =>
        {
            var process = run.Loop.Start("host");
            var journal = new SimulatedJournal(new MemoryJournal(), run.Loop, process);
            var ended = process.Run(() => test(new HostBench(process.Time, journal, HostBench.MakeEntityHost)));
            run.Check(run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromHours(1)), "the test does not end");
        });
        return Task.CompletedTask;
    }
}
