using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Fabric.KubernetesApi;

/// <summary>Objects as kubectl prints them (meta/v1 Table; Kubernetes API concepts, "Receiving resources as Tables").</summary>
internal static class Tables
{
    public static bool AreWanted(HttpRequest request) =>
        request.Headers.Accept.ToString().Split(',') is [var first, ..] && first.Contains("as=Table", StringComparison.Ordinal);

    /// <summary>The table of a list, or of one object.</summary>
    /// <param name="include">What comes with each row: None, Metadata or Object.</param>
    public static JsonObject Of(ApiKind kind, JsonObject answer, string include, DateTimeOffset now)
    {
        var items = answer["items"] is JsonArray list ? list.OfType<JsonObject>().ToList() : [answer];
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = answer["items"] is null
                ? new JsonObject { ["resourceVersion"] = Meta.Version(answer) }
                : answer["metadata"]!.DeepClone(),
            ["columnDefinitions"] = Json.ListOf(
                [Definition("Name", "string", "name", "Name of the object", 0), .. Columns(kind).Select(column =>
                    Definition(column.Name, column.Type == "date" ? "string" : column.Type, "", column.Description, column.Priority))]),
            ["rows"] = Json.ListOf(items.Select(item => Row(kind, item, include, now))),
        };
    }

    private static IEnumerable<PrinterColumn> Columns(ApiKind kind) =>
        kind.Columns.Length > 0 ? kind.Columns : [new PrinterColumn("Age", "date", ".metadata.creationTimestamp")];

    private static JsonObject Definition(string name, string type, string format, string description, int priority) => new()
    {
        ["name"] = name, ["type"] = type, ["format"] = format, ["description"] = description, ["priority"] = priority,
    };

    private static JsonObject Row(ApiKind kind, JsonObject item, string include, DateTimeOffset now)
    {
        var row = new JsonObject { ["cells"] = Json.ListOf([Meta.Name(item), .. Columns(kind).Select(column => Cell(column, item, now))]) };
        row["object"] = include switch
        {
            "None" => null,
            "Object" => item.DeepClone(),
            _ => new JsonObject
            {
                ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = item["metadata"]?.DeepClone(),
            },
        };
        return row;
    }

    private static JsonNode? Cell(PrinterColumn column, JsonObject item, DateTimeOffset now)
    {
        if (column.Shown is { } shown)
            return shown(item, now);
        var found = PrinterPath.Find(item, column.JsonPath!);
        if (found.Count == 0)
            return null;
        return column.Type switch
        {
            "date" => BuiltInColumns.Since(found[0]?.ToString() ?? "", now),
            "string" => string.Join(' ', found.Select(Text)),
            _ => found[0]?.DeepClone(),
        };

        static string? Text(JsonNode? value) => value is JsonObject or JsonArray ? value.ToJsonString(Json.Plain) : value?.ToString();
    }
}
