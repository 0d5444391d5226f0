using System.Collections.Immutable;
using System.Text;

namespace Fabric.Node;

/// <summary>A number that goes up and down. Any thread.</summary>
public sealed class Gauge(string name, string help, params ImmutableArray<string> labels)
    : MetricFamily(name, help, "gauge", labels)
{
    private ImmutableSortedDictionary<string, double> _series = ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    public void Set(double value, params ReadOnlySpan<string> labelValues)
    {
        var key = Key(labelValues);
        ImmutableInterlocked.Update(ref _series, static (series, set) => series.SetItem(set.key, set.value), (key, value));
    }

    /// <summary>Replaces all series at once, so that no scrape sees half of them and what is gone has no series any more.</summary>
    public void Reset(IEnumerable<(string[] LabelValues, double Value)> series)
    {
        var next = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (var (values, value) in series)
            next[Key(values)] = value;
        Volatile.Write(ref _series, next.ToImmutable());
    }

    internal override void WriteSamples(StringBuilder text)
    {
        foreach (var (labels, value) in Volatile.Read(ref _series))
            PrometheusText.AppendSample(text, Name, labels, value);
    }
}
