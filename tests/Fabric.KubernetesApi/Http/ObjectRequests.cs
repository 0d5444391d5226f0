using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>Requests for objects, other than watches: each is one step on the state.</summary>
internal sealed class ObjectRequests(ApiState state)
{
    public (int Code, JsonObject Answer) Answer(
        string method, Target target, RequestQuery query, string? contentType, ReadOnlyMemory<byte> body)
    {
        var (kind, ns, name, subresource) = target;
        switch (method, name)
        {
            case ("GET", not null):
                ApiState.CheckSubresource(kind, name, subresource);
                return (200, state.Get(kind, ns, name));
            case ("GET", null):
                return (200, List(kind, state.List(kind, query.List(ns))));
            case ("POST", null) when !kind.IsNamespaced || ns is not null:
                return (201, state.Create(kind, ns, Read(kind, contentType, body), query.Writer));
            case ("PUT", not null):
                return Put(target, query, Read(kind, contentType, body));
            case ("PATCH", not null):
                return Patch(target, query, contentType, body);
            case ("DELETE", not null) when subresource is null:
                return (200, state.Delete(kind, ns, name, DeleteOptionsOf(query, body)));
            case ("DELETE", null) when !kind.IsNamespaced || ns is not null:
                return DeleteAll(kind, query.List(ns), DeleteOptionsOf(query, body));
            default:
                throw new ApiStatusException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);
        }
    }

    private (int, JsonObject) Put(Target target, RequestQuery query, JsonObject body)
    {
        var (kind, ns, name, subresource) = target;
        var isThere = !kind.IsCreatedByUpdate
            || state.List(kind, new ListOptions(ns, FieldSelector: $"metadata.name={name}")).Items.Length > 0;
        return (isThere ? 200 : 201, state.Replace(kind, ns, name!, body, subresource, query.Writer));
    }

    private (int, JsonObject) Patch(Target target, RequestQuery query, string? contentType, ReadOnlyMemory<byte> body)
    {
        var patch = new PatchRequest(contentType?.Split(';')[0].Trim() ?? "", body);
        if (patch.IsApply && !query.HasFieldManager)
        {
            throw ApiStatusException.Invalid(new ApiKind("meta.k8s.io", "v1", "PatchOptions", "patchoptions", false, false), "",
                [FieldFault.Required("fieldManager", "is required for apply patch")]);
        }
        var (made, isNew) = state.Patch(target.Kind, target.Namespace, target.Name!, patch, target.Subresource, query.Writer);
        return (isNew ? 201 : 200, made);
    }

    private (int, JsonObject) DeleteAll(ApiKind kind, ListOptions which, DeleteOptions options)
    {
        var list = state.List(kind, which);
        foreach (var item in list.Items)
        {
            try
            {
                state.Delete(kind, Meta.Text(item, "namespace"), Meta.Name(item), options);
            }
            catch (ApiStatusException exception) when (exception.Code == 404)
            {
                // Somebody was faster.
                continue;
            }
        }
        return (200, List(kind, list));
    }

    private static JsonObject List(ApiKind kind, ApiList list)
    {
        var metadata = new JsonObject { ["resourceVersion"] = list.Revision.ToString(CultureInfo.InvariantCulture) };
        if (list.Continue is not null)
            metadata["continue"] = list.Continue;
        if (list.RemainingItemCount is { } remaining)
            metadata["remainingItemCount"] = remaining;
        foreach (var item in kind.IsCustom ? [] : list.Items)
        {
            // The list says it for built-in kinds; only custom objects repeat it.
            item.Remove("kind");
            item.Remove("apiVersion");
        }
        return new JsonObject
        {
            ["kind"] = $"{kind.Kind}List", ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata, ["items"] = Json.ListOf(list.Items),
        };
    }

    private static DeleteOptions DeleteOptionsOf(RequestQuery query, ReadOnlyMemory<byte> body)
    {
        var given = body.IsEmpty ? null : Parse(body.Span);
        return new DeleteOptions(
            given?["preconditions"]?["uid"]?.ToString(), given?["preconditions"]?["resourceVersion"]?.ToString(),
            given?["gracePeriodSeconds"] is { } grace ? (long)grace : query.GracePeriodSeconds,
            query.IsDryRun || given?["dryRun"] is JsonArray { Count: > 0 });
    }

    private static JsonObject Read(ApiKind kind, string? contentType, ReadOnlyMemory<byte> body)
    {
        var type = contentType?.Split(';')[0].Trim();
        try
        {
            return type switch
            {
                null or "" or "application/json" => Parse(body.Span),
                "application/yaml" => Manifest.Read(Encoding.UTF8.GetString(body.Span)).First(),
                _ => throw new ApiStatusException(415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml"),
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw ApiStatusException.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): {exception.Message}");
        }
    }

    private static JsonObject Parse(ReadOnlySpan<byte> body) =>
        JsonNode.Parse(body) as JsonObject ?? throw new JsonException("it is no object");
}
