using System.Globalization;
using System.Text.RegularExpressions;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>The flows written in docs/ovs-pipeline.md, by the table whose heading they stand under.</summary>
internal static partial class PipelineDocument
{
    internal static SortedDictionary<int, List<string>> Read()
    {
        var byTable = new SortedDictionary<int, List<string>>();
        var table = -1;
        var inFlows = false;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", "ovs-pipeline.md")))
        {
            if (Heading().Match(line) is { Success: true } heading)
                table = int.Parse(heading.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            else if (line.StartsWith("```", StringComparison.Ordinal))
                inFlows = line == "```flows";
            else if (inFlows && line.Length > 0 && line[0] != '#')
                (byTable.TryGetValue(table, out var flows) ? flows : byTable[table] = []).Add(line);
        }

        return byTable;
    }

    internal static string NameOf(int table) => ((Fabric.Node.Pipeline.PipelineTable)table).ToString();

    /// <summary>The headings of tables, as name and number.</summary>
    internal static IEnumerable<(string Name, int Number)> Headings() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", "ovs-pipeline.md"))
            .Select(line => Heading().Match(line))
            .Where(match => match.Success)
            .Select(match => (match.Groups["name"].Value,
                int.Parse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"^### (?<name>\w+) \((?<number>\d+)\)$")]
    private static partial Regex Heading();
}
