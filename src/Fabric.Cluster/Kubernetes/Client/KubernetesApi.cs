using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Fabric.Cluster.Kubernetes;

/// <summary>The Kubernetes API over HTTP.</summary>
/// <remarks>
/// Configurations, credentials and TLS are KubernetesClient's; requests are our own, since that package's models hold whole
/// objects, and its watches hide bookmarks and ends (docs/decisions/0014-kubernetes-client.md). May be used from any thread;
/// calls complete where their caller lives.
/// </remarks>
public sealed class KubernetesApi : IKubernetesApi, IDisposable, IAsyncDisposable
{
    /// <summary>Each request ends within this time, watches excepted.</summary>
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(10);

    // The server ends a watch after that many seconds, drawn anew for each, so that not all come back at once.
    private const int ShortestWatch = 300;
    private const int LongestWatch = 600;

    private readonly ApiConnection _connection;
    private readonly TimeProvider _time;
    private readonly Func<double> _draw;

    private KubernetesApi(ApiConnection connection, TimeProvider time, Func<double> draw) =>
        (_connection, _time, _draw) = (connection, time, draw);

    /// <param name="draw">A number from 0 to 1, anew each time; null: from the clock's last digits.</param>
    /// <exception cref="KubernetesException">The configuration can't be used; the message says what is missing. Transient.</exception>
    public static KubernetesApi Open(KubernetesPlace place, TimeProvider time, Func<double>? draw = null) =>
        new(ApiConnection.Open(place, time), time, draw ?? (() => time.GetTimestamp() % 1_000 / 1_000.0));

    public Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IApiObject => CallAsync(HttpMethod.Get, kind, kind.Path(ns, name), null, Read(kind), cancellationToken);

    public Task<ObjectPage<T>> ListAsync<T>(ResourceKind<T> kind, ObjectQuery query, int limit, string? continueFrom,
        string? resourceVersion, CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var path = Address(kind, query, [
            ("limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : null),
            ("continue", continueFrom),
            ("resourceVersion", resourceVersion),
        ]);
        return CallAsync(HttpMethod.Get, kind, path, null, async (stream, token) =>
        {
            using var answer = await JsonDocument.ParseAsync(stream, default, token);
            var metadata = answer.RootElement.GetProperty("metadata");
            var items = answer.RootElement.TryGetProperty("items", out var array) && array.ValueKind == JsonValueKind.Array
                ? array.EnumerateArray().Select(item => item.Deserialize(kind.Json)!).ToImmutableArray()
                : [];
            var next = metadata.TryGetProperty("continue", out var more) ? more.GetString() : null;
            return new ObjectPage<T>(items, metadata.GetProperty("resourceVersion").GetString()!, string.IsNullOrEmpty(next) ? null : next);
        }, cancellationToken);
    }

    public Task<T> CreateAsync<T>(ResourceKind<T> kind, T made, CancellationToken cancellationToken)
        where T : class, IApiObject => CallAsync(HttpMethod.Post, kind, kind.Path(made.Metadata.Namespace), Body(kind, made), Read(kind),
            cancellationToken);

    public Task<T> ReplaceAsync<T>(ResourceKind<T> kind, T changed, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject => CallAsync(HttpMethod.Put, kind,
            kind.Path(changed.Metadata.Namespace, changed.Metadata.Name, subresource), Body(kind, changed), Read(kind), cancellationToken);

    public Task<T> PatchAsync<T>(ResourceKind<T> kind, string? ns, string name, ApiPatch patch, string? subresource,
        CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var path = kind.Path(ns, name, subresource);
        if (patch is ApiPatch.Apply apply)
            path += $"?fieldManager={Uri.EscapeDataString(apply.FieldManager)}&force={(apply.Force ? "true" : "false")}";
        return CallAsync(HttpMethod.Patch, kind, path, Content(patch.Body, patch.ContentType), Read(kind), cancellationToken);
    }

    public async Task DeleteAsync<T>(ResourceKind<T> kind, string? ns, string name, DeletePreconditions? preconditions,
        CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var body = Content(
            JsonSerializer.SerializeToUtf8Bytes(new Deletion("v1", "DeleteOptions", preconditions), KubernetesJson.Default.Deletion),
            "application/json");
        try
        {
            await CallAsync(HttpMethod.Delete, kind, kind.Path(ns, name), body, (_, _) => Task.FromResult(true), cancellationToken);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            return;
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceKind<T> kind, ObjectQuery query, string resourceVersion,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var seconds = ShortestWatch + (int)(_draw() * (LongestWatch - ShortestWatch));
        var path = Address(kind, query, [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("timeoutSeconds", seconds.ToString(CultureInfo.InvariantCulture)),
        ]);
        var request = $"WATCH {kind}";
        // A server that has forgotten the watch must not keep it for ever; keep-alive finds a machine that is gone.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds) + Deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var answer = await _connection.SendAsync(HttpMethod.Get, path, null, request, Deadline, cancellationToken);
        await using var lines = LineReader.Read(await answer.Content.ReadAsStreamAsync(both.Token), both.Token).GetAsyncEnumerator(both.Token);
        while (true)
        {
            WatchEvent<T> e;
            try
            {
                if (!await lines.MoveNextAsync())
                    yield break;
                e = JsonSerializer.Deserialize(lines.Current, KubernetesJson.Default.WatchLine)!.Read(kind, request);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                yield break;
            }
            catch (Exception x) when (x is IOException or HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new KubernetesException(request, ApiFault.Unreachable, $"the watch broke off: {x.Message}", isSurelyUndone: true, null, x);
            }
            yield return e;
        }
    }

    public void Dispose() => _connection.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<TAnswer> CallAsync<TAnswer>(HttpMethod method, ResourceKind kind, string path, Func<HttpContent>? body,
        Func<Stream, CancellationToken, Task<TAnswer>> read, CancellationToken cancellationToken)
    {
        var request = $"{method} {path.Split('?')[0]}";
        using var patience = new CancellationTokenSource(Deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            using var answer = await _connection.SendAsync(method, path, body, request, Deadline, both.Token);
            return await read(await answer.Content.ReadAsStreamAsync(both.Token), both.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesException(request, ApiFault.Timeout, $"no answer within {Deadline.TotalSeconds:0} s", method == HttpMethod.Get);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new KubernetesException(
                request, ApiFault.Unreachable, $"the answer broke off or is none of {kind}: {e.Message}", method == HttpMethod.Get, null, e);
        }
    }

    private static Func<Stream, CancellationToken, Task<T>> Read<T>(ResourceKind<T> kind)
        where T : class, IApiObject => async (stream, token) =>
            await JsonSerializer.DeserializeAsync(stream, kind.Json, token) ?? throw new JsonException("the object is null");

    /// <summary>The object as JSON, with the kind and version that every object in a request names.</summary>
    private static Func<HttpContent> Body<T>(ResourceKind<T> kind, T o)
        where T : class, IApiObject
    {
        var json = JsonSerializer.SerializeToNode(o, kind.Json)!.AsObject();
        json.Insert(0, "apiVersion", kind.ApiVersion);
        json.Insert(1, "kind", kind.Kind);
        return Content(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "application/json");
    }

    private static Func<HttpContent> Content(ReadOnlyMemory<byte> body, string type) => () =>
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    };

    private static string Address(ResourceKind kind, ObjectQuery query, (string Name, string? Value)[] more)
    {
        (string Name, string? Value)[] all = [("labelSelector", query.LabelSelector), ("fieldSelector", query.FieldSelector), .. more];
        var given = all.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}");
        return $"{kind.Path(query.Namespace)}?{string.Join('&', given)}";
    }
}
