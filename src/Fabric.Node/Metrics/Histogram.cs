using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Fabric.Node;

/// <summary>A distribution over fixed buckets, without labels. Any thread.</summary>
public sealed class Histogram : MetricFamily
{
    private readonly ImmutableArray<double> _bounds;
    private readonly long[] _counts;
    private readonly Lock _gate = new();
    private double _sum;

    /// <param name="bounds">The buckets' upper bounds, growing; the one for everything is added.</param>
    public Histogram(string name, string help, ImmutableArray<double> bounds)
        : base(name, help, "histogram", [])
    {
        for (var i = 1; i < bounds.Length; i++)
        {
            if (!(bounds[i] > bounds[i - 1]))
                throw new ArgumentException($"the buckets of {name} must grow", nameof(bounds));
        }
        _bounds = bounds;
        _counts = new long[bounds.Length + 1];
    }

    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && !(value <= _bounds[bucket]))
            bucket++;
        lock (_gate)
        {
            _counts[bucket]++;
            _sum += value;
        }
    }

    internal override void WriteSamples(StringBuilder text)
    {
        long[] counts;
        double sum;
        lock (_gate)
            (counts, sum) = ((long[])_counts.Clone(), _sum);
        long cumulated = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            cumulated += counts[i];
            var bound = i < _bounds.Length ? _bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            PrometheusText.AppendSample(text, $"{Name}_bucket", $"le=\"{bound}\"", cumulated);
        }
        PrometheusText.AppendSample(text, $"{Name}_sum", "", sum);
        PrometheusText.AppendSample(text, $"{Name}_count", "", cumulated);
    }
}
