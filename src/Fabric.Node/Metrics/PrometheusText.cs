using System.Globalization;
using System.Text;

namespace Fabric.Node;

/// <summary>The Prometheus text format, version 0.0.4 (Prometheus documentation, exposition formats).</summary>
public static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes the families in the order given, each with its HELP and TYPE line; one without samples too.</summary>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder(8192);
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ');
            AppendEscaped(text, family.Help, quoted: false);
            text.Append("\n# TYPE ").Append(family.Name).Append(' ').Append(family.Type).Append('\n');
            family.WriteSamples(text);
        }
        return text.ToString();
    }

    /// <summary>[a-zA-Z_:][a-zA-Z0-9_:]*</summary>
    public static bool IsMetricName(string name) => IsName(name, colon: true);

    /// <summary>[a-zA-Z_][a-zA-Z0-9_]*, and not one that begins with two underscores, which are Prometheus' own.</summary>
    public static bool IsLabelName(string name) => IsName(name, colon: false) && !name.StartsWith("__", StringComparison.Ordinal);

    internal static void AppendLabel(StringBuilder text, string name, string value)
    {
        if (text.Length > 0)
            text.Append(',');
        text.Append(name).Append("=\"");
        AppendEscaped(text, value, quoted: true);
        text.Append('"');
    }

    /// <param name="labels">Already escaped: <c>a="b",c="d"</c>, or empty.</param>
    internal static void AppendSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>As Go's ParseFloat reads it.</summary>
    internal static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>Backslash and line feed are escaped everywhere, the quotation mark in label values only.</summary>
    private static void AppendEscaped(StringBuilder text, string value, bool quoted)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '"' when quoted => text.Append("\\\""),
                _ => text.Append(c),
            };
        }
    }

    private static bool IsName(string name, bool colon)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && !(colon && c == ':'))
                return false;
        }
        return true;
    }
}
