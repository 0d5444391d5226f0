using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabric.KubernetesApi;

/// <summary>Reads manifests: YAML with one or more documents, or JSON, as <c>kubectl apply</c> does.</summary>
public static class Manifest
{
    /// <summary>The objects in it; empty documents are passed over.</summary>
    /// <exception cref="FormatException">It is no YAML, or a document is no object.</exception>
    public static IEnumerable<JsonObject> Read(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw new FormatException($"line {exception.Start.Line}: {exception.Message}", exception);
        }
        foreach (var document in stream.Documents)
        {
            switch (ToJson(document.RootNode))
            {
                case JsonObject made:
                    yield return made;
                    break;
                case null:
                    break;
                case var other:
                    throw new FormatException($"a document of the manifest is no object but {other.ToJsonString()}");
            }
        }
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair =>
            KeyValuePair.Create(((YamlScalarNode)pair.Key).Value ?? "", ToJson(pair.Value)))),
        YamlSequenceNode list => Json.ListOf(list.Children.Select(ToJson)),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new FormatException($"line {node.Start.Line}: {node.NodeType} is not supported in a manifest"),
    };

    /// <summary>YAML's core schema: only plain scalars are anything but text.</summary>
    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
            return JsonValue.Create(text);
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
                // Parsed as from JSON: a number that is made in code can be read only as the very type that it was made of.
                JsonNode.Parse(whole.ToString(CultureInfo.InvariantCulture)),
            _ when IsNumber(text) => JsonNode.Parse(text),
            _ => JsonValue.Create(text),
        };
    }

    private static bool IsNumber(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
