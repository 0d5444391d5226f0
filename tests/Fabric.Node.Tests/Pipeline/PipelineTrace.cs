using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>What ofproto/trace said about one packet.</summary>
internal sealed partial record PipelineTrace
{
    private PipelineTrace(string text) => Text = text;

    /// <summary>All of it, for the messages of failing assertions.</summary>
    internal string Text { get; }

    /// <summary>The flows met, in order.</summary>
    internal required ImmutableArray<(PipelineTable Table, int Priority)> Path { get; init; }

    /// <summary>The port the packet leaves by; null when it is dropped or goes back to the port it came from.</summary>
    internal required int? OutPort { get; init; }

    /// <summary>Whether the packet is sent back to the port it came from.</summary>
    internal bool IsAnswered => Text.Contains("IN_PORT", StringComparison.Ordinal);

    /// <summary>The fields of the packet as it leaves.</summary>
    internal required ImmutableDictionary<string, string> Final { get; init; }

    /// <summary>The table that dropped the packet; null when it leaves.</summary>
    internal PipelineTable? DroppedIn => OutPort is null && !IsAnswered ? Path[^1].Table : null;

    internal static PipelineTrace Parse(string text)
    {
        var final = text[text.LastIndexOf("Final flow: ", StringComparison.Ordinal)..].Split('\n')[0];
        if (final.Contains("unchanged", StringComparison.Ordinal))
            final = text[text.LastIndexOf("Flow: ", StringComparison.Ordinal)..].Split('\n')[0];
        var output = Output().Matches(text);
        return new PipelineTrace(text)
        {
            Path = [.. Step().Matches(text).Select(m => ((PipelineTable)Number(m, "table"), Number(m, "priority")))],
            OutPort = output.Count > 0 ? Number(output[^1], "port") : null,
            Final = final[(final.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(',')
                .Select(field => field.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .GroupBy(pair => pair[0])
                .ToImmutableDictionary(pairs => pairs.Key, pairs => pairs.Last()[1]),
        };
    }

    public override string ToString() => Text;

    private static int Number(Match match, string group) =>
        int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ *(?<table>\d+)\. (.*, )?priority (?<priority>\d+), cookie", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex(@"-> output port is (?<port>\d+)$", RegexOptions.Multiline)]
    private static partial Regex Output();
}
