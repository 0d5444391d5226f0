using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fabric.KubernetesApi;

/// <summary>
/// The schema of a CRD's version (CustomResourceDefinition, <c>openAPIV3Schema</c>): what is not in it is taken away, defaults are
/// given, and what breaks it is named field by field.
/// </summary>
/// <remarks>
/// Understood: type, properties, required, items, additionalProperties, enum, pattern, format (int32, int64, date-time, byte),
/// minimum and maximum with their exclusive forms, multipleOf, lengths and counts, nullable, default, and the extensions
/// int-or-string, preserve-unknown-fields, embedded-resource, list-type, and validations as far as <see cref="Rule"/> goes; rules
/// beyond are refused with their CRD. Not evaluated: allOf, anyOf, oneOf and not.
/// </remarks>
public sealed partial class StructuralSchema
{
    private readonly JsonObject _schema;
    private readonly SortedDictionary<string, StructuralSchema> _properties = new(StringComparer.Ordinal);
    private readonly StructuralSchema? _additional;
    private readonly StructuralSchema? _items;
    private readonly Regex? _pattern;
    private readonly bool _keepsUnknown;
    private readonly List<Rule> _rules;

    /// <exception cref="FormatException">A validation rule cannot be evaluated here.</exception>
    public StructuralSchema(JsonObject schema)
    {
        _schema = schema;
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            _properties.Add(name, new StructuralSchema((JsonObject)property!));
        _additional = schema["additionalProperties"] is JsonObject additional ? new StructuralSchema(additional) : null;
        _rules = [.. (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(
            rule => new Rule(rule!["rule"]!.GetValue<string>(), (string?)rule["message"]))];
        _items = schema["items"] is JsonObject items ? new StructuralSchema(items) : null;
        // RE2 and .NET agree on what schemas commonly say, but for the end: RE2's is the text's, never before a last newline.
        _pattern = schema["pattern"] is { } pattern
            ? new Regex(End().Replace(pattern.GetValue<string>(), @"\z"), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1))
            : null;
        _keepsUnknown = Has("x-kubernetes-preserve-unknown-fields")
            || schema["additionalProperties"] is JsonValue any && any.GetValueKind() == JsonValueKind.True;
    }

    /// <summary>Takes away fields that are not in the schema and nulls that it does not allow, and fills in defaults.</summary>
    /// <param name="keepsNulls">Leaves nulls alone for which there is no default.</param>
    public void PruneAndDefault(JsonObject root, bool keepsNulls = false) => PruneObject(root, isRoot: true, keepsNulls);

    /// <summary>
    /// The first field that is not in the schema or of another type, as server-side apply says it; it reads what is applied by the
    /// schema before it does anything else.
    /// </summary>
    public string? FirstUntyped(JsonNode? value, string at = "", bool isRoot = true)
    {
        if (value is null || Has("x-kubernetes-int-or-string"))
            return null;
        if (!IsOfType(value) && !(Type is "integer" && TypeOf(value) == "number"))
            return $"{at}: expected {Type}, got {TypeOf(value)}";
        if (value is JsonArray list)
        {
            return list.Index().Select(item => _items?.FirstUntyped(item.Item, $"{at}[{item.Index}]", false))
                .FirstOrDefault(found => found is not null);
        }
        if (value is not JsonObject map)
            return null;
        foreach (var (name, content) in map)
        {
            if (isRoot && name is "apiVersion" or "kind" or "metadata")
                continue;
            var its = _properties.GetValueOrDefault(name) ?? _additional;
            if (its is null && !_keepsUnknown)
                return $"{at}.{name}: field not declared in schema";
            if (its?.FirstUntyped(content, $"{at}.{name}", false) is { } deeper)
                return deeper;
        }
        return null;
    }

    /// <summary>What is wrong, field by field, in the words of the API.</summary>
    /// <param name="before">What was there; null: the object is new.</param>
    public IEnumerable<FieldFault> Validate(JsonObject root, JsonObject? before = null)
    {
        var faults = Faults(root, "", isRoot: true).ToList();
        // As kube-apiserver: rules are asked only of what has the right form.
        return faults.Count > 0 ? faults : BrokenRules(root, before, "");
    }

    /// <summary>The keys that tell the items of a list apart (x-kubernetes-list-type), or null: the list here is one value.</summary>
    internal string[]? ListKeys => (string?)_schema["x-kubernetes-list-type"] == "map"
        ? [.. ((JsonArray?)_schema["x-kubernetes-list-map-keys"] ?? []).Select(key => key!.GetValue<string>())]
        : null;

    internal StructuralSchema? Items => _items;

    internal StructuralSchema? Property(string name) => _properties.GetValueOrDefault(name) ?? _additional;

    /// <summary>The map at this place is one value for ownership (x-kubernetes-map-type, or it may hold anything).</summary>
    internal bool IsAtomic =>
        (string?)_schema["x-kubernetes-map-type"] == "atomic" || _schema["x-kubernetes-list-type"] is null && _items is not null;

    private bool Has(string flag) => _schema[flag] is JsonValue value && value.TryGetValue(out bool set) && set;

    private decimal? Number(string rule) =>
        _schema[rule] is { } value ? decimal.Parse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"(?<!\\)\$(?=$|[)|])")]
    private static partial Regex End();

    private void Prune(JsonNode? value, bool keepsNulls)
    {
        if (value is JsonObject map)
        {
            PruneObject(map, Has("x-kubernetes-embedded-resource"), keepsNulls);
        }
        else if (value is JsonArray list && _items is not null)
        {
            foreach (var item in list)
                _items.Prune(item, keepsNulls);
        }
    }

    private void PruneObject(JsonObject map, bool isRoot, bool keepsNulls)
    {
        foreach (var (name, content) in map.ToList())
        {
            if (isRoot && name is "apiVersion" or "kind" or "metadata")
                continue;
            if ((_properties.GetValueOrDefault(name) ?? _additional) is { } its)
            {
                if (content is null && !its.Has("nullable") && (!keepsNulls || its._schema.ContainsKey("default")))
                    map.Remove(name);
                else
                    its.Prune(content, keepsNulls);
            }
            else if (!_keepsUnknown)
            {
                map.Remove(name);
            }
        }
        foreach (var (name, property) in _properties)
        {
            if (property._schema["default"] is { } value && !map.ContainsKey(name))
            {
                map[name] = value.DeepClone();
                property.Prune(map[name], keepsNulls);
            }
        }
    }
}
