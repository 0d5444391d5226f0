using System.Diagnostics;

namespace Fabric.Bench;

/// <summary>Latencies of one run, and the numbers that are printed of them.</summary>
internal sealed class Samples(int capacity = 64)
{
    private readonly List<long> _ticks = new(capacity);

    public int Count => _ticks.Count;

    public TimeSpan Median => Percentile(0.5);

    public TimeSpan P99 => Percentile(0.99);

    public void Add(long startTimestamp) => _ticks.Add(Stopwatch.GetTimestamp() - startTimestamp);

    public void Add(TimeSpan elapsed) => _ticks.Add((long)(elapsed.TotalSeconds * Stopwatch.Frequency));

    public TimeSpan Percentile(double fraction)
    {
        var sorted = _ticks.Order().ToArray();
        return Stopwatch.GetElapsedTime(0, sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * fraction)]);
    }

    public override string ToString() => $"median {Micro(0.5)}, p99 {Micro(0.99)}, p99.9 {Micro(0.999)}, max {Micro(1)}, "
        + $"over 20 ms: {_ticks.Count(t => Stopwatch.GetElapsedTime(0, t).TotalMilliseconds > 20)}";

    private string Micro(double fraction) => $"{Percentile(fraction).TotalMicroseconds:n0} us";
}
