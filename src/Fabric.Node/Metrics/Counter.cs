using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;

namespace Fabric.Node;

/// <summary>A number that only grows while the process lives. Any thread.</summary>
public sealed class Counter : MetricFamily
{
    private readonly ConcurrentDictionary<string, long> _series = new(StringComparer.Ordinal);

    public Counter(string name, string help, params ImmutableArray<string> labels)
        : base(name, help, "counter", labels)
    {
        // Without labels the series is there from the start: a rate needs a first sample.
        if (labels.IsEmpty)
            _series[""] = 0;
    }

    public void Add(params ReadOnlySpan<string> labelValues) => Add(1, labelValues);

    public void Add(long by, params ReadOnlySpan<string> labelValues)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(by);
        _series.AddOrUpdate(Key(labelValues), static (_, n) => n, static (_, old, n) => old + n, by);
    }

    internal override void WriteSamples(StringBuilder text)
    {
        foreach (var (labels, value) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
            PrometheusText.AppendSample(text, Name, labels, value);
    }
}
