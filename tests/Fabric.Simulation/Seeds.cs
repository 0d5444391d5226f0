using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Xunit.Sdk;

namespace Fabric.Simulation;

/// <summary>Runs a scenario for many seeds, each twice, and says how to see a failure again.</summary>
/// <remarks>
/// <c>FABRIC_SEED</c> runs one seed only. <c>FABRIC_SEEDS</c> replaces the number of seeds, and <c>FABRIC_FIRST_SEED</c> the first,
/// so that nightly runs see new ones. Both runs of a seed must leave the same trace: a difference is hidden non-determinism.
/// </remarks>
public static class Seeds
{
    /// <param name="test">Type and method of the test, for the command that replays it.</param>
    /// <param name="project">The folder of the test project, for that same command.</param>
    public static void Run(string test, int seeds, Action<SimulationRun> scenario, string project = "tests/Fabric.Simulation")
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (Number("FABRIC_SEED") is { } only)
        {
            RunTwice(test, project, only, scenario);
            return;
        }
        var first = Number("FABRIC_FIRST_SEED") ?? 1;
        var count = Number("FABRIC_SEEDS") ?? (ulong)seeds;
        for (var seed = first; seed < first + count; seed++)
            RunTwice(test, project, seed, scenario);
    }

    /// <summary>
    /// The same on all processors, each seed on a thread of its own. The lowest seed that fails among those that ran is reported.
    /// </summary>
    public static void RunParallel(string test, int seeds, Action<SimulationRun> scenario, string project = "tests/Fabric.Simulation")
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (Number("FABRIC_SEED") is not null)
        {
            Run(test, seeds, scenario, project);
            return;
        }
        var next = (Number("FABRIC_FIRST_SEED") ?? 1) - 1;
        var end = next + (Number("FABRIC_SEEDS") ?? (ulong)seeds);
        var failures = new ConcurrentDictionary<ulong, Exception>();
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (!failures.IsEmpty)
            ExceptionDispatchInfo.Throw(failures.MinBy(f => f.Key).Value);

        void Work()
        {
            while (failures.IsEmpty && Interlocked.Increment(ref next) is var seed && seed <= end)
            {
                try
                {
                    RunTwice(test, project, seed, scenario);
                }
                catch (Exception e)
                {
                    failures.TryAdd(seed, e);
                }
            }
        }
    }

    private static void RunTwice(string test, string project, ulong seed, Action<SimulationRun> scenario)
    {
        var first = RunOnce(test, project, seed, scenario);
        var second = RunOnce(test, project, seed, scenario);
        if (first.Loop.Trace.Value != second.Loop.Trace.Value)
            throw Failure(test, project, second, "two runs of this seed differ: something in it is not deterministic", null);
    }

    private static SimulationRun RunOnce(string test, string project, ulong seed, Action<SimulationRun> scenario)
    {
        var run = new SimulationRun(seed);
        try
        {
            scenario(run);
            return run;
        }
        catch (Exception e)
        {
            throw Failure(test, project, run, e.Message, e);
        }
    }

    private static XunitException Failure(string test, string project, SimulationRun run, string message, Exception? inner)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {run.Seed}: {message}");
        text.AppendLine(CultureInfo.InvariantCulture, $"fault rates: {(run.Rates.Length > 0 ? run.Rates : "none drawn")}");
        text.AppendLine(CultureInfo.InvariantCulture, $"at {run.Loop.Now}, after {run.Loop.Steps} steps, trace {run.Loop.Trace.Value:x16}");
        text.AppendLine(CultureInfo.InvariantCulture,
            $"replay: FABRIC_SEED={run.Seed} dotnet test {project} --filter FullyQualifiedName~{test}");
        foreach (var line in run.Loop.Trace.Lines)
            text.AppendLine(line);
        return new XunitException(text.ToString(), inner);
    }

    private static ulong? Number(string variable)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"{variable}='{text}' is not a number from 0 on");
    }
}
