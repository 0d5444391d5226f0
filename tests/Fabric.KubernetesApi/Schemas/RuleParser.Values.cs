using System.Text.Json.Nodes;
using static Fabric.KubernetesApi.Rule;

namespace Fabric.KubernetesApi;

internal sealed partial class RuleParser
{
    private static bool IsTrue(Func<Scope, object?> value, Scope scope) =>
        value(scope) is bool truth ? truth : throw new EvaluationException("no such overload");

    private static string Text(Func<Scope, object?> value, Scope scope) =>
        value(scope) is string text ? text : throw new EvaluationException("no such overload");

    private static object? At(object? of, object? where) => (of, where) switch
    {
        (JsonObject map, string name) when map.TryGetPropertyValue(name, out var value) => Plain(value),
        (JsonObject, string name) => throw new EvaluationException($"no such key: {name}"),
        (JsonArray list, decimal index) when index >= 0 && index < list.Count => Plain(list[(int)index]),
        (JsonArray, decimal index) => throw new EvaluationException($"index out of bounds: {index}"),
        _ => throw new EvaluationException("no such overload"),
    };

    /// <summary>Only the last field may be missing: what it is in must be there.</summary>
    private static bool IsThere(Func<Scope, object?> field, Scope scope)
    {
        try
        {
            return field(scope) is not null;
        }
        catch (EvaluationException exception) when (exception.Message.StartsWith("no such key", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private static object Size(object? of) => of switch
    {
        string text => (decimal)text.EnumerateRunes().Count(),
        JsonArray list => (decimal)list.Count,
        JsonObject map => (decimal)map.Count,
        _ => throw new EvaluationException("no such overload"),
    };

    private static bool IsIn(object? item, object? list) => list switch
    {
        JsonArray items => items.Any(other => AreEqual(item, Plain(other))),
        JsonObject map => item is string name && map.ContainsKey(name),
        _ => throw new EvaluationException("no such overload"),
    };

    private static IEnumerable<JsonNode?> Items(object? of) => of switch
    {
        JsonArray list => list,
        JsonObject map => map.Select(pair => (JsonNode?)JsonValue.Create(pair.Key)),
        _ => throw new EvaluationException("no such overload"),
    };

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        string text => JsonValue.Create(text),
        bool truth => JsonValue.Create(truth),
        _ => JsonNode.Parse(((decimal)value).ToString(System.Globalization.CultureInfo.InvariantCulture)),
    };
}
