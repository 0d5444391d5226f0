using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;

namespace Fabric.KubernetesApi.Tests;

/// <summary>
/// The seam over HTTP in the fewest lines: it shows what a server answers, and keeps none of a client's promises on retries,
/// deadlines or limits.
/// </summary>
internal sealed class PlainClient(HttpClient http) : IKubernetesApi
{
    public async Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IApiObject => Read(kind, await Send(HttpMethod.Get, kind.Path(ns, name), null, cancellationToken));

    public async Task<ObjectPage<T>> ListAsync<T>(
        ResourceKind<T> kind, ObjectQuery query, int limit, string? continueFrom, string? resourceVersion,
        CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var parameters = Query(
            query, ("limit", limit == 0 ? null : $"{limit}"), ("continue", continueFrom), ("resourceVersion", resourceVersion));
        var list = await Send(HttpMethod.Get, kind.Path(query.Namespace) + parameters, null, cancellationToken);
        return new ObjectPage<T>([.. list["items"]!.AsArray().Select(item => Read(kind, item!))],
            (string)list["metadata"]!["resourceVersion"]!, (string?)list["metadata"]!["continue"] is { Length: > 0 } next ? next : null);
    }

    public async Task<T> CreateAsync<T>(ResourceKind<T> kind, T made, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        Read(kind, await Send(HttpMethod.Post, kind.Path(made.Metadata.Namespace), Body(kind, made), cancellationToken));

    public async Task<T> ReplaceAsync<T>(ResourceKind<T> kind, T changed, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject => Read(kind, await Send(HttpMethod.Put,
            kind.Path(changed.Metadata.Namespace, changed.Metadata.Name, subresource), Body(kind, changed), cancellationToken));

    public async Task<T> PatchAsync<T>(
        ResourceKind<T> kind, string? ns, string name, ApiPatch patch, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var owner = patch is ApiPatch.Apply apply ? $"?fieldManager={apply.FieldManager}&force={(apply.Force ? "true" : "false")}" : "";
        var body = Content(patch.Body, patch.ContentType);
        return Read(kind, await Send(HttpMethod.Patch, kind.Path(ns, name, subresource) + owner, body, cancellationToken));
    }

    public async Task DeleteAsync<T>(
        ResourceKind<T> kind, string? ns, string name, DeletePreconditions? preconditions, CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var options = JsonSerializer.SerializeToUtf8Bytes(new
        {
            apiVersion = "v1",
            kind = "DeleteOptions",
            preconditions = new { uid = preconditions?.Uid, resourceVersion = preconditions?.ResourceVersion },
        }, new JsonSerializerOptions { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull });
        try
        {
            await Send(HttpMethod.Delete, kind.Path(ns, name), Content(options, "application/json"), cancellationToken);
        }
        catch (KubernetesException exception) when (exception.Fault == ApiFault.NotFound)
        {
            // It is gone already.
            return;
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceKind<T> kind, ObjectQuery query, string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var path = kind.Path(query.Namespace)
            + Query(query, ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await Check(path, response, cancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            var read = JsonNode.Parse(line)!;
            yield return (string)read["type"]! switch
            {
                "DELETED" => new WatchEvent<T>.Deleted(Read(kind, read["object"]!)),
                "BOOKMARK" => new WatchEvent<T>.Bookmark((string)read["object"]!["metadata"]!["resourceVersion"]!),
                "ERROR" => throw Failure(path, (int)read["object"]!["code"]!, read["object"]!),
                var type => new WatchEvent<T>.Put(Read(kind, read["object"]!), type == "ADDED"),
            };
        }
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await http.SendAsync(request, cancellationToken);
        await Check($"{method} {path}", response, cancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken))!;
    }

    private static async Task Check(string request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        throw Failure(request, (int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    private static KubernetesException Failure(string request, int code, JsonNode? status) => new(
        request,
        code switch
        {
            401 => ApiFault.Unauthorized,
            403 => ApiFault.Forbidden,
            404 => ApiFault.NotFound,
            409 => (string?)status?["reason"] == "AlreadyExists" ? ApiFault.AlreadyExists : ApiFault.Conflict,
            410 => ApiFault.Expired,
            413 => ApiFault.TooLarge,
            422 => ApiFault.Invalid,
            429 => ApiFault.TooManyRequests,
            503 => ApiFault.Unavailable,
            504 => ApiFault.Timeout,
            >= 500 => ApiFault.Internal,
            _ => ApiFault.BadRequest,
        },
        (string?)status?["message"] ?? $"HTTP {code}", isSurelyUndone: code is >= 400 and < 500);

    private static string Query(ObjectQuery query, params (string Name, string? Value)[] more)
    {
        var all = more.Append(("labelSelector", query.LabelSelector)).Append(("fieldSelector", query.FieldSelector));
        return "?" + string.Join('&', all.Where(p => p.Item2 is not null).Select(p => $"{p.Item1}={WebUtility.UrlEncode(p.Item2)}"));
    }

    private static ByteArrayContent Body<T>(ResourceKind<T> kind, T value)
        where T : class, IApiObject
    {
        var json = JsonSerializer.SerializeToNode(value, kind.Json)!;
        (json["apiVersion"], json["kind"]) = (kind.ApiVersion, kind.Kind);
        return Content(Encoding.UTF8.GetBytes(json.ToJsonString()), "application/json");
    }

    private static ByteArrayContent Content(ReadOnlyMemory<byte> body, string type) =>
        new(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private static T Read<T>(ResourceKind<T> kind, JsonNode value)
        where T : class, IApiObject => value.Deserialize(kind.Json)!;
}
