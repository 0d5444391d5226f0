using System.Collections.Immutable;
using System.Text;

namespace Fabric.Node;

/// <summary>One metric with its HELP and TYPE lines, and a series for each combination of label values.</summary>
public abstract class MetricFamily
{
    private protected MetricFamily(string name, string help, string type, ImmutableArray<string> labels)
    {
        if (!PrometheusText.IsMetricName(name))
            throw new ArgumentException($"'{name}' is not a metric name", nameof(name));
        if (labels.FirstOrDefault(l => !PrometheusText.IsLabelName(l)) is { } wrong)
            throw new ArgumentException($"'{wrong}' is not a label name", nameof(labels));
        Name = name;
        Help = help;
        Type = type;
        Labels = labels;
    }

    public string Name { get; }

    public string Help { get; }

    public string Type { get; }

    public ImmutableArray<string> Labels { get; }

    /// <summary>Appends the family's samples. Any thread.</summary>
    internal abstract void WriteSamples(StringBuilder text);

    /// <summary>The values joined so that no two combinations are the same key.</summary>
    private protected string Key(ReadOnlySpan<string> values)
    {
        if (values.Length != Labels.Length)
            throw new ArgumentException($"{Name} has the labels {string.Join(", ", Labels)}, but {values.Length} values were given");
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
            PrometheusText.AppendLabel(text, Labels[i], values[i]);
        return text.ToString();
    }
}
