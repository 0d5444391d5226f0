using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>Reads and writes what all objects have in common.</summary>
internal static class Meta
{
    public static JsonObject? Of(JsonObject value) => value["metadata"] as JsonObject;

    public static string? Text(JsonObject value, string field) =>
        Of(value)?[field] is JsonValue found && found.TryGetValue(out string? text) ? text : null;

    public static string Name(JsonObject value) => Text(value, "name") ?? "";

    public static string? Version(JsonObject value) => Text(value, "resourceVersion") is { Length: > 0 } version ? version : null;

    public static long Number(JsonObject value, string field) =>
        long.TryParse(Of(value)?[field]?.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public static IEnumerable<string> Finalizers(JsonObject value) =>
        Of(value)?["finalizers"] is JsonArray list ? list.Select(f => f?.ToString() ?? "") : [];

    public static bool IsBeingDeleted(JsonObject value) => Of(value)?["deletionTimestamp"] is not null;

    public static void Set(JsonObject value, string field, JsonNode? content)
    {
        if (value["metadata"] is not JsonObject meta)
            value["metadata"] = meta = [];
        if (content is null)
            meta.Remove(field);
        else
            meta[field] = content;
    }

    /// <summary>A field as it is in <paramref name="from"/>, or none.</summary>
    public static void Copy(JsonObject from, JsonObject to, string field) => Set(to, field, Of(from)?[field]?.DeepClone());

    /// <summary>Time (apimachinery, meta/v1): whole seconds of UTC.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A field of the object, or of what is in it: <c>spec.nodeName</c>.</summary>
    public static JsonNode? At(JsonObject value, string path)
    {
        JsonNode? at = value;
        foreach (var part in path.Split('.'))
            at = (at as JsonObject)?[part];
        return at;
    }
}
