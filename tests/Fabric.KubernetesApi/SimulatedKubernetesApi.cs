using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;

namespace Fabric.KubernetesApi;

/// <summary>
/// The seam straight on an <see cref="ApiState"/>, without HTTP: for simulations and for tests of what is above the seam. Several of
/// them on one state are several clients.
/// </summary>
/// <remarks>
/// Runs on the caller's loop and never leaves it: plain awaits, no timer, no thread. A request takes effect between its two hooks,
/// in one step. Nothing in it is kept when a hook's exception passes: before, the request was never made; after, its answer is lost.
/// </remarks>
public sealed class SimulatedKubernetesApi(ApiState state, string fieldManager = "fabric") : IKubernetesApi
{
    private readonly List<ApiWatch> _watches = [];

    /// <summary>
    /// Awaited before each request, a watch's beginning too. It may delay it, or fail with <see cref="KubernetesException"/>.
    /// </summary>
    public Func<ApiRequest, CancellationToken, Task>? Before { get; set; }

    /// <summary>Awaited after each request has taken effect: an exception makes its outcome unknown to the caller.</summary>
    public Func<ApiRequest, CancellationToken, Task>? After { get; set; }

    public ApiState State { get; } = state;

    /// <summary>Ends this client's open watches.</summary>
    /// <param name="fault">What they fail with; null: the server ended them in good order.</param>
    public void BreakWatches(ApiFault? fault = null)
    {
        foreach (var watch in _watches.ToList())
        {
            watch.Close(fault is { } f
                ? new KubernetesException($"WATCH {watch.Kind}", f, "the connection broke", isSurelyUndone: false)
                : null);
        }
    }

    /// <summary>As when the client's process is killed: its watches are forgotten, and nobody who waits for one is told.</summary>
    public void Abandon()
    {
        foreach (var watch in _watches)
            State.Forget(watch);
        _watches.Clear();
    }

    public async Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("GET", kind, ns, name), k => Read(kind, State.Get(k, ns, name)), cancellationToken);

    public async Task<ObjectPage<T>> ListAsync<T>(
        ResourceKind<T> kind, ObjectQuery query, int limit, string? continueFrom, string? resourceVersion,
        CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("LIST", kind, query.Namespace, null), k =>
        {
            var page = State.List(k, Options(query) with { Limit = limit, Continue = continueFrom, ResourceVersion = resourceVersion });
            return new ObjectPage<T>(
                [.. page.Items.Select(item => Read(kind, item))], page.Revision.ToString(CultureInfo.InvariantCulture), page.Continue);
        }, cancellationToken);

    public async Task<T> CreateAsync<T>(ResourceKind<T> kind, T made, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("CREATE", kind, made.Metadata.Namespace, made.Metadata.Name),
            k => Read(kind, State.Create(k, made.Metadata.Namespace, Written(kind, made), Writer())), cancellationToken);

    public async Task<T> ReplaceAsync<T>(ResourceKind<T> kind, T changed, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("PUT", kind, changed.Metadata.Namespace, changed.Metadata.Name, subresource), k =>
        {
            var meta = changed.Metadata;
            return Read(kind, State.Replace(k, meta.Namespace, meta.Name ?? "", Written(kind, changed), subresource, Writer()));
        }, cancellationToken);

    public async Task<T> PatchAsync<T>(
        ResourceKind<T> kind, string? ns, string name, ApiPatch patch, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("PATCH", kind, ns, name, subresource), k =>
        {
            var writer = patch is ApiPatch.Apply apply ? new WriteOptions(apply.FieldManager, apply.Force) : Writer();
            return Read(kind, State.Patch(k, ns, name, new PatchRequest(patch.ContentType, patch.Body), subresource, writer).Object);
        }, cancellationToken);

    public async Task DeleteAsync<T>(
        ResourceKind<T> kind, string? ns, string name, DeletePreconditions? preconditions, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        await Request(new ApiRequest("DELETE", kind, ns, name), k =>
        {
            try
            {
                return State.Delete(k, ns, name, new DeleteOptions(preconditions?.Uid, preconditions?.ResourceVersion));
            }
            catch (ApiStatusException exception) when (exception.Code == 404)
            {
                // It is gone already, which is what the caller wants.
                return null;
            }
        }, cancellationToken);

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceKind<T> kind, ObjectQuery query, string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var request = new ApiRequest("WATCH", kind, query.Namespace, null);
        var options = Options(query) with { ResourceVersion = resourceVersion };
        using var watch = await Request(request, k => State.Watch(k, options, wantsBookmarks: true), cancellationToken);
        _watches.Add(watch);
        try
        {
            while (await watch.WaitAsync(cancellationToken))
            {
                while (watch.TryRead(out var read))
                {
                    yield return read.Type switch
                    {
                        "DELETED" => new WatchEvent<T>.Deleted(Read(kind, read.Object)),
                        "BOOKMARK" => new WatchEvent<T>.Bookmark(Meta.Version(read.Object)!),
                        _ => new WatchEvent<T>.Put(Read(kind, read.Object), IsNew: read.Type == "ADDED"),
                    };
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            _watches.Remove(watch);
        }
    }

    private async Task<TResult> Request<TResult>(ApiRequest request, Func<ApiKind, TResult> take, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Before is { } before)
            await before(request, cancellationToken);
        TResult result;
        try
        {
            result = take(State.Find(request.Kind.Group, request.Kind.Version, request.Kind.Plural)
                ?? throw ApiStatusException.NoSuchPath());
        }
        catch (ApiStatusException exception)
        {
            throw ApiFaults.Thrown(request.ToString(), exception);
        }
        if (After is { } after)
            await after(request, cancellationToken);
        return result;
    }

    private WriteOptions Writer() => new(fieldManager);

    private static ListOptions Options(ObjectQuery query) => new(query.Namespace, query.LabelSelector, query.FieldSelector);

    private static T Read<T>(ResourceKind<T> kind, JsonObject value)
        where T : class, IApiObject => value.Deserialize(kind.Json) ?? throw new JsonException($"{kind} is null");

    /// <summary>Through text, as over the wire: what cannot be read back fails here too.</summary>
    private static JsonObject Written<T>(ResourceKind<T> kind, T value)
        where T : class, IApiObject
    {
        var json = (JsonObject)JsonNode.Parse(JsonSerializer.SerializeToUtf8Bytes(value, kind.Json))!;
        json["apiVersion"] = kind.ApiVersion;
        json["kind"] = kind.Kind;
        return json;
    }
}

/// <summary>A request to the API, for hooks and messages: <c>PUT leases/kube-system/a</c>.</summary>
/// <param name="Verb">GET, LIST, WATCH, CREATE, PUT, PATCH or DELETE.</param>
public sealed record ApiRequest(string Verb, ResourceKind Kind, string? Namespace, string? Name, string? Subresource = null)
{
    public override string ToString() =>
        $"{Verb} {string.Join('/', ((string?[])[Kind.ToString(), Namespace, Name, Subresource]).Where(part => part is not null))}";
}
