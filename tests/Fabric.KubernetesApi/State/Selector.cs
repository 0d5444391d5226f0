using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabric.KubernetesApi;

/// <summary>Which objects a list or a watch is about.</summary>
internal sealed partial class Selector
{
    private readonly string? _namespace;
    private readonly List<Func<JsonObject, bool>> _labels = [];
    private readonly List<Func<ObjectKey, JsonObject, bool>> _fields = [];

    private Selector(string? ns) => _namespace = ns;

    /// <summary>Neither labels nor fields are asked for.</summary>
    public bool IsEverything => _labels.Count + _fields.Count == 0;

    /// <exception cref="ApiStatusException">A selector that cannot be read, or a field that this kind cannot be selected by.</exception>
    public static Selector Parse(ApiKind kind, ListOptions options)
    {
        var selector = new Selector(options.Namespace);
        if (!string.IsNullOrWhiteSpace(options.LabelSelector))
        {
            foreach (var requirement in SplitOutsideParentheses(options.LabelSelector))
                selector._labels.Add(Label(requirement.Trim()));
        }
        const StringSplitOptions Parts = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (var requirement in (options.FieldSelector ?? "").Split(',', Parts))
            selector._fields.Add(Field(kind, requirement));
        return selector;
    }

    public bool Matches(ObjectKey key, JsonObject value) =>
        (_namespace is null || key.Namespace == _namespace) && _labels.TrueForAll(l => l(value)) && _fields.TrueForAll(f => f(key, value));

    private static Func<JsonObject, bool> Label(string requirement)
    {
        var match = Requirement().Match(requirement);
        if (!match.Success)
            throw ApiStatusException.BadRequest($"unable to parse requirement: '{requirement}'");
        var name = match.Groups["name"].Value;
        var value = match.Groups["value"].Value.Trim();
        if (match.Groups["not"].Success)
            return o => LabelOf(o, name) is null;
        var set = match.Groups["set"].Value.Split(',', StringSplitOptions.TrimEntries);
        return (match.Groups["sets"].Success ? match.Groups["sets"].Value : match.Groups["op"].Value) switch
        {
            "in" => o => LabelOf(o, name) is { } label && set.Contains(label),
            // As in the API, an object without the label is not in any set.
            "notin" => o => LabelOf(o, name) is not { } label || !set.Contains(label),
            "=" or "==" => o => LabelOf(o, name) == value,
            "!=" => o => LabelOf(o, name) != value,
            _ => o => LabelOf(o, name) is not null,
        };
    }

    private static string? LabelOf(JsonObject value, string name) => Meta.Of(value)?["labels"]?[name]?.ToString();

    private static Func<ObjectKey, JsonObject, bool> Field(ApiKind kind, string requirement)
    {
        var match = FieldRequirement().Match(requirement);
        if (!match.Success)
            throw ApiStatusException.BadRequest($"invalid selector: '{requirement}'; can't understand '{requirement}'");
        var (field, value, isEqual) = (match.Groups["name"].Value, match.Groups["value"].Value, match.Groups["op"].Value != "!=");
        return field switch
        {
            "metadata.name" => (key, _) => key.Name == value == isEqual,
            "metadata.namespace" => (key, _) => key.Namespace == value == isEqual,
            _ when kind.SelectableFields.Contains(field) => (_, o) => (Meta.At(o, field)?.ToString() ?? "") == value == isEqual,
            _ => throw ApiStatusException.BadRequest($"field label not supported: {field}"),
        };
    }

    private static IEnumerable<string> SplitOutsideParentheses(string text)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] != ',' || depth > 0)
                continue;
            yield return text[start..i];
            start = i + 1;
        }
        yield return text[start..];
    }

    [GeneratedRegex("""
        ^(?: (?<not>!)\s*(?<name>[\w./-]+)
           | (?<name>[\w./-]+) (?: \s+(?<sets>in|notin)\s*\((?<set>[\w.,\s-]*)\) | \s*(?<op>==|=|!=)\s*(?<value>[\w.-]*) )? )$
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Requirement();

    [GeneratedRegex("^(?<name>[^=!]+)(?<op>==|=|!=)(?<value>[^=!]*)$")]
    private static partial Regex FieldRequirement();
}
