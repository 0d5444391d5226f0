using System.Globalization;

namespace Fabric.Simulation;

/// <summary>One run of a scenario: its seed, its loop, and the fault rates drawn from the seed.</summary>
public sealed class SimulationRun
{
    private readonly SortedDictionary<string, double> _rates = new(StringComparer.Ordinal);
    private readonly SeededRandom _drawing;

    public SimulationRun(ulong seed)
    {
        Seed = seed;
        Loop = new SimulatedLoop(seed);
        _drawing = new SeededRandom(~seed);
    }

    public ulong Seed { get; }

    public SimulatedLoop Loop { get; }

    public SeededRandom Random => Loop.Random;

    /// <summary>The fault rates of this run as text.</summary>
    public string Rates => string.Join(", ", _rates.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value:0.####}")));

    /// <summary>
    /// Draws a fault's probability for this run: none at all in half of the runs, else up to <paramref name="most"/>. So faults are
    /// also met alone, and not always all together (swarm testing, Groce et al., 2012).
    /// </summary>
    public double Rate(string fault, double most)
    {
        var rate = _drawing.Chance(0.5) ? 0 : most * _drawing.NextDouble();
        _rates.Add(fault, rate);
        return rate;
    }

    /// <exception cref="SimulationFailedException">The promise does not hold.</exception>
    public void Check(bool holds, string promise)
    {
        if (holds)
            return;
        // The code under test may be on the stack, and may catch whatever comes.
        var failure = new SimulationFailedException(promise);
        Loop.Fail(failure);
        throw failure;
    }
}
