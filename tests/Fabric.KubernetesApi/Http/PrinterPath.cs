using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabric.KubernetesApi;

/// <summary>
/// JSONPath as additionalPrinterColumns use it: <c>.a.b</c>, <c>.a['x/y']</c>, <c>.a[0]</c>, <c>.a[*]</c> and
/// <c>.a[?(@.type=="Ready")].status</c>.
/// </summary>
internal static partial class PrinterPath
{
    /// <summary>What is there; nothing if the path leads nowhere or is none.</summary>
    public static List<JsonNode?> Find(JsonObject value, string path)
    {
        List<JsonNode?> found = [value];
        foreach (Match step in Step().Matches(path))
            found = [.. found.SelectMany(at => Take(at, step))];
        return found;
    }

    private static IEnumerable<JsonNode?> Take(JsonNode? at, Match step)
    {
        if (step.Groups["field"] is { Success: true } field)
        {
            // A dot in a label's key is written \. in a path.
            var name = field.Value.Replace("\\.", ".", StringComparison.Ordinal);
            return at is JsonObject map && map.TryGetPropertyValue(name, out var value) ? [value] : [];
        }
        if (at is not JsonArray list)
            return [];
        if (step.Groups["index"] is { Success: true } index)
            return int.Parse(index.Value, CultureInfo.InvariantCulture) is var i && i < list.Count ? [list[i]] : [];
        return step.Groups["key"] is { Success: true } key
            ? list.Where(item => item is JsonObject o && o[key.Value]?.ToString() == step.Groups["value"].Value)
            : list;
    }

    [GeneratedRegex("""
        \.(?<field>(?:[\w/-]|\\\.)+)
        | \['(?<field>[^']+)'\]
        | \[(?<index>\d+)\]
        | \[\?\(@\.(?<key>\w+)\s*==\s*["'](?<value>[^"']*)["']\)\]
        | \[\*\]
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Step();
}
