using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>The body of a PATCH, in the form that its content type says.</summary>
public sealed record PatchRequest(string ContentType, ReadOnlyMemory<byte> Body)
{
    public const string Operations = "application/json-patch+json";
    public const string Merge = "application/merge-patch+json";
    public const string Strategic = "application/strategic-merge-patch+json";
    public const string Apply = "application/apply-patch+yaml";

    public bool IsApply => ContentType == Apply;

    /// <exception cref="ApiStatusException">415: this kind takes no patch of this type.</exception>
    internal void CheckType(ApiKind kind)
    {
        string[] accepted = kind.IsCustom ? [Operations, Merge, Apply] : [Operations, Merge, Strategic, Apply];
        if (!accepted.Contains(ContentType))
        {
            throw new ApiStatusException(415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: " + string.Join(", ", accepted));
        }
    }

    /// <summary>The configuration of a server-side apply: YAML, of which JSON is a part.</summary>
    /// <exception cref="ApiStatusException"/>
    internal JsonObject Read(ApiKind kind)
    {
        try
        {
            // JSON first: numbers and texts stay as they are written.
            if (Body.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
                return JsonNode.Parse(Body.Span) as JsonObject ?? throw new FormatException("no object");
            return Manifest.Read(Encoding.UTF8.GetString(Body.Span)).First();
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw ApiStatusException.BadRequest($"error decoding YAML: {exception.Message} (must be of type {kind.Kind})");
        }
    }

    /// <summary>What the object becomes; <paramref name="before"/> stays as it is.</summary>
    /// <exception cref="ApiStatusException"/>
    internal JsonObject On(JsonObject before)
    {
        JsonNode? patch;
        try
        {
            patch = JsonNode.Parse(Body.Span);
        }
        catch (JsonException exception)
        {
            throw ApiStatusException.BadRequest($"error decoding patch: {exception.Message}");
        }
        var after = (JsonObject)before.DeepClone();
        if (ContentType == Operations)
        {
            return JsonPatch.Apply(
                after, patch as JsonArray ?? throw ApiStatusException.BadRequest("error decoding patch: it is no list of operations"));
        }
        var merge = patch as JsonObject ?? throw ApiStatusException.BadRequest("error decoding patch: it is no object");
        if (ContentType == Merge)
            MergePatch.Apply(after, merge);
        else
            StrategicMerge.Apply(after, merge);
        return after;
    }
}
