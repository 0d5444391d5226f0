using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

public sealed partial class StructuralSchema
{
    private IEnumerable<FieldFault> Faults(JsonNode? value, string at, bool isRoot = false)
    {
        if (value is null)
        {
            if (!Has("nullable") && Type is { } wanted)
                yield return FieldFault.WrongType(at, "\"null\"", $"{at} in body must be of type {wanted}: \"null\"");
            yield break;
        }
        if (!IsOfType(value))
        {
            var found = TypeOf(value);
            yield return FieldFault.WrongType(at, $"\"{found}\"", $"{at} in body must be of type {Type}: \"{found}\"");
            yield break;
        }
        if (_schema["enum"] is JsonArray choices && !choices.Any(choice => JsonNode.DeepEquals(choice, value)))
        {
            var supported = string.Join(", ", choices.Select(choice => $"\"{choice}\""));
            yield return new FieldFault("FieldValueNotSupported", $"Unsupported value: \"{value}\": supported values: {supported}", at);
        }
        var faults = value switch
        {
            JsonObject map => ObjectFaults(map, at, isRoot),
            JsonArray list => ListFaults(list, at),
            JsonValue text when text.GetValueKind() == JsonValueKind.String => TextFaults(text.GetValue<string>(), at),
            JsonValue number when number.GetValueKind() == JsonValueKind.Number => NumberFaults(number, at),
            _ => [],
        };
        foreach (var fault in faults)
            yield return fault;
    }

    /// <summary>The rules that a value and what is in it break. Items of lists have no earlier selves here.</summary>
    private IEnumerable<FieldFault> BrokenRules(JsonNode? value, JsonNode? before, string at)
    {
        if (value is null)
            yield break;
        foreach (var broken in _rules.Select(rule => rule.Broken(value, before)).OfType<string>())
            yield return FieldFault.Invalid(at, $"\"{TypeOf(value)}\"", broken);
        var inner = value switch
        {
            JsonObject map => map.SelectMany(pair =>
                Property(pair.Key)?.BrokenRules(pair.Value, (before as JsonObject)?[pair.Key], Under(at, pair.Key)) ?? []),
            JsonArray list => list.Index().SelectMany(item => _items?.BrokenRules(item.Item, null, $"{at}[{item.Index}]") ?? []),
            _ => [],
        };
        foreach (var fault in inner)
            yield return fault;
    }

    private string? Type => Has("x-kubernetes-int-or-string") ? "integer,string" : (string?)_schema["type"];

    private bool IsOfType(JsonNode value) => Type switch
    {
        null => true,
        "integer,string" => TypeOf(value) is "integer" or "string",
        "number" => TypeOf(value) is "integer" or "number",
        var type => TypeOf(value) == type,
    };

    private static string TypeOf(JsonNode value) => value switch
    {
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => IsWhole(value.ToJsonString()) ? "integer" : "number",
        },
    };

    private static bool IsWhole(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && decimal.IsInteger(value);

    private IEnumerable<FieldFault> ObjectFaults(JsonObject map, string at, bool isRoot)
    {
        foreach (var required in _schema["required"] as JsonArray ?? [])
        {
            if (!map.ContainsKey(required!.GetValue<string>()))
                yield return FieldFault.Required(Under(at, required.GetValue<string>()));
        }
        if (Number("maxProperties") is { } most && map.Count > most)
            yield return new FieldFault("FieldValueTooMany", $"Too many: {map.Count}: must have at most {most} items", at);
        if (Number("minProperties") is { } least && map.Count < least)
            yield return FieldFault.Invalid(at, "map", $"{at} in body should have at least {least} properties");
        foreach (var (name, content) in map)
        {
            if (isRoot && name is "apiVersion" or "kind" or "metadata")
                continue;
            foreach (var fault in (_properties.GetValueOrDefault(name) ?? _additional)?.Faults(content, Under(at, name)) ?? [])
                yield return fault;
        }
    }

    private IEnumerable<FieldFault> ListFaults(JsonArray list, string at)
    {
        foreach (var (i, item) in list.Index())
        {
            foreach (var fault in _items?.Faults(item, string.Create(CultureInfo.InvariantCulture, $"{at}[{i}]")) ?? [])
                yield return fault;
        }
        if (Number("maxItems") is { } most && list.Count > most)
            yield return new FieldFault("FieldValueTooMany", $"Too many: {list.Count}: must have at most {most} items", at);
        if (Number("minItems") is { } least && list.Count < least)
            yield return FieldFault.Invalid(at, $"{list.Count}", $"{at} in body should have at least {least} items");
        var keys = ListKeys;
        if (keys is null && (string?)_schema["x-kubernetes-list-type"] != "set")
            yield break;
        foreach (var (i, item) in list.Index())
        {
            if (list.Take(i).Any(other => Id(other) == Id(item)))
                yield return new FieldFault("FieldValueDuplicate", $"Duplicate value: {item?.ToJsonString()}", $"{at}[{i}]");
        }

        string? Id(JsonNode? item) => keys is null
            ? item?.ToJsonString()
            : string.Join('\n', keys.Select(key => (item as JsonObject)?[key]?.ToJsonString()));
    }

    private IEnumerable<FieldFault> TextFaults(string text, string at)
    {
        var length = new StringInfo(text).LengthInTextElements;
        // The first rule that is broken is all that is said of a text's form.
        if (Number("maxLength") is { } most && length > most)
            yield return new FieldFault("FieldValueTooLong", $"Too long: may not be longer than {most}", at);
        else if (Number("minLength") is { } least && length < least)
            yield return FieldFault.Invalid(at, $"\"{text}\"", $"{at} in body should be at least {least} chars long");
        else if (_pattern?.IsMatch(text) == false)
            yield return FieldFault.Invalid(at, $"\"{text}\"", $"{at} in body should match '{_schema["pattern"]}'");
        var isWellFormed = (string?)_schema["format"] switch
        {
            "date-time" => text.Contains('T', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            "byte" => Convert.TryFromBase64String(text, new byte[text.Length], out _),
            _ => true,
        };
        if (!isWellFormed)
            yield return FieldFault.WrongType(at, $"\"{text}\"", $"{at} in body must be of type {_schema["format"]}: \"{text}\"");
    }

    private IEnumerable<FieldFault> NumberFaults(JsonValue value, string at)
    {
        var text = value.ToJsonString();
        var number = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (Number("maximum") is { } most && (number > most || number == most && Has("exclusiveMaximum")))
            yield return FieldFault.Invalid(at, text, $"{at} in body should be less than {OrEqual("exclusiveMaximum")}{most}");
        if (Number("minimum") is { } least && (number < least || number == least && Has("exclusiveMinimum")))
            yield return FieldFault.Invalid(at, text, $"{at} in body should be greater than {OrEqual("exclusiveMinimum")}{least}");
        if (Number("multipleOf") is { } step && step != 0 && number % step != 0)
            yield return FieldFault.Invalid(at, text, $"{at} in body should be a multiple of {step}");
        var isInRange = (string?)_schema["format"] switch
        {
            "int32" => number is >= int.MinValue and <= int.MaxValue,
            "int64" => number is >= long.MinValue and <= long.MaxValue,
            _ => true,
        };
        if (!isInRange)
            yield return FieldFault.Invalid(at, text, $"{at} in body must be of type {_schema["format"]}: \"{text}\"");
    }

    private string OrEqual(string exclusive) => Has(exclusive) ? "" : "or equal to ";

    private static string Under(string at, string name) => at.Length == 0 ? name : $"{at}.{name}";
}
