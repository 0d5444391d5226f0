using Fabric.Contracts;

namespace Fabric.Simulation;

/// <summary>The simulated Open vSwitch keeps the promises of the real one.</summary>
public sealed class SimulatedSwitchTests : SwitchContract
{
    private const int SeedCount = 10;

    protected override Task RunOnLoopAsync(Func<SwitchBench, Task> test, string name)
    {
        Seeds.Run($"{nameof(SimulatedSwitchTests)}.{name}", SeedCount, run =>
        {
            var bench = new SimulatedSwitchBench(run);
            var ended = bench.Process.Run(() => test(bench));
            run.Check(run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromHours(1)), "the test does not end");
        });
        return Task.CompletedTask;
    }
}
