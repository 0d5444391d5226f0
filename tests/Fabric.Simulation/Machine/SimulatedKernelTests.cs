using Fabric.Contracts;

namespace Fabric.Simulation;

/// <summary>The simulated kernel keeps the promises of the real one.</summary>
public sealed class SimulatedKernelTests : KernelContract
{
    private const int SeedCount = 10;

    protected override Task RunOnKernelAsync(Func<KernelBench, Task> test, string name)
    {
        Seeds.Run($"{nameof(SimulatedKernelTests)}.{name}", SeedCount, run =>
        {
            var bench = new SimulatedKernelBench(run);
            var ended = bench.Process.Run(() => test(bench));
            run.Check(run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromHours(1)), "the test does not end");
        });
        return Task.CompletedTask;
    }
}
