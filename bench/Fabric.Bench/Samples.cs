using System.Diagnostics;

namespace Fabric.Bench;

/// <summary>Latencies of one run, and the numbers that are printed of them.</summary>
internal sealed class Samples(int capacity)
{
    private readonly List<long> _ticks = new(capacity);

    public void Add(long startTimestamp) => _ticks.Add(Stopwatch.GetTimestamp() - startTimestamp);

    public TimeSpan Percentile(double fraction)
    {
        _ticks.Sort();
        return Stopwatch.GetElapsedTime(0, _ticks[(int)Math.Min(_ticks.Count - 1, _ticks.Count * fraction)]);
    }

    public override string ToString() => $"median {Micro(0.5)}, p99 {Micro(0.99)}, p99.9 {Micro(0.999)}, max {Micro(1)}, "
        + $"over 20 ms: {_ticks.Count(t => Stopwatch.GetElapsedTime(0, t).TotalMilliseconds > 20)}";

    private string Micro(double fraction) => $"{Percentile(fraction).TotalMicroseconds:n0} us";
}
