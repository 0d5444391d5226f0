using System.Runtime.CompilerServices;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;

namespace Fabric.Simulation;

/// <summary>The Kubernetes API as one agent reaches it: requests take virtual time, get lost, and end without an answer.</summary>
internal sealed class FaultyKubernetesApi : IKubernetesApi, IStoreClient
{
    /// <summary>A request's own deadline, and how soon a client finds out that its watch is dead.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly SimulatedProcess _process;
    private readonly KubernetesStoreState _state;
    private readonly SimulatedKubernetesApi _server;
    private readonly SeededRandom _random;

    public FaultyKubernetesApi(SimulatedProcess process, string node, KubernetesStoreState state)
    {
        (_process, _state, Node) = (process, state, node);
        _random = process.Loop.Random.Fork();
        _server = state.Server();
        state.Attend(this);
    }

    public string Node { get; }

    public bool IsAlive => _process.IsAlive;

    public void BreakWatches(string reason) => _server.BreakWatches(_random.Chance(0.7) ? ApiFault.Unreachable : null);

    public Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        ReadAsync($"GET {kind}/{name}", () => _server.GetAsync(kind, ns, name, CancellationToken.None), cancellationToken);

    public Task<ObjectPage<T>> ListAsync<T>(ResourceKind<T> kind, ObjectQuery query, int limit, string? continueFrom, string? resourceVersion,
        CancellationToken cancellationToken)
        where T : class, IApiObject =>
        ReadAsync($"LIST {kind}", () => _server.ListAsync(kind, query, limit, continueFrom, resourceVersion, CancellationToken.None),
            cancellationToken);

    public Task<T> CreateAsync<T>(ResourceKind<T> kind, T made, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        WriteAsync($"CREATE {kind}/{made.Metadata.Name}", () => _server.CreateAsync(kind, made, CancellationToken.None), false, cancellationToken);

    public Task<T> ReplaceAsync<T>(ResourceKind<T> kind, T changed, string? subresource, CancellationToken cancellationToken)
        where T : class, IApiObject =>
        WriteAsync($"PUT {kind}/{changed.Metadata.Name}", () => _server.ReplaceAsync(kind, changed, subresource, CancellationToken.None), true,
            cancellationToken);

    public Task<T> PatchAsync<T>(ResourceKind<T> kind, string? ns, string name, ApiPatch patch, string? subresource,
        CancellationToken cancellationToken)
        where T : class, IApiObject =>
        WriteAsync($"PATCH {kind}/{name}", () => _server.PatchAsync(kind, ns, name, patch, subresource, CancellationToken.None), true,
            cancellationToken);

    public Task DeleteAsync<T>(ResourceKind<T> kind, string? ns, string name, DeletePreconditions? preconditions,
        CancellationToken cancellationToken)
        where T : class, IApiObject =>
        WriteAsync($"DELETE {kind}/{name}", async () =>
        {
            await _server.DeleteAsync(kind, ns, name, preconditions, CancellationToken.None);
            return name;
        }, preconditions is not null, cancellationToken);

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceKind<T> kind, ObjectQuery query, string resourceVersion,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        var what = $"WATCH {kind}";
        await ReadAsync(what, () => Task.FromResult(true), cancellationToken);
        await foreach (var change in _server.WatchAsync(kind, query, resourceVersion, cancellationToken))
        {
            await WayAsync(cancellationToken);
            if (_random.Chance(_state.Faults.WatchBreaks))
                throw Failure(what, ApiFault.Unreachable, "the connection was lost", false);
            yield return change;
        }
    }

    private async Task<T> ReadAsync<T>(string what, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        _process.Loop.AssertOnLoop(what);
        await WayAsync(cancellationToken);
        if (!_state.IsReachedBy(Node))
            throw await TimeOutAsync(what, "no answer", cancellationToken);
        if (_random.Chance(_state.Faults.ReadFails))
            throw Failure(what, ApiFault.Unavailable, "simulated failure", true);
        // As the storage is at this moment; the answer may be old when it arrives.
        var answer = await read();
        await WayAsync(cancellationToken);
        return _state.IsReachedBy(Node) ? answer : throw await TimeOutAsync(what, "no answer", cancellationToken);
    }

    private async Task<T> WriteAsync<T>(string what, Func<Task<T>> write, bool isConditional, CancellationToken cancellationToken)
    {
        _process.Loop.AssertOnLoop(what);
        await WayAsync(cancellationToken);
        if (!_state.IsReachedBy(Node) || _random.Chance(_state.Faults.RequestLost))
            throw await TimeOutAsync(what, "no answer", cancellationToken);
        if (_random.Chance(_state.Faults.WriteLate))
        {
            Later(what, write);
            throw await TimeOutAsync(what, "it is under way", cancellationToken);
        }
        if (isConditional && _random.Chance(_state.Faults.SpuriousConflict))
        {
            _process.Note($"api: {what} declined for no reason");
            throw Failure(what, ApiFault.Conflict, "simulated conflict", true);
        }
        _process.Note($"api: {what}");
        var answer = await write();
        await WayAsync(cancellationToken);
        return _state.IsReachedBy(Node) && !_random.Chance(_state.Faults.AnswerLost)
            ? answer
            : throw await TimeOutAsync(what, "no answer, but it took effect", cancellationToken);
    }

    private async Task<KubernetesException> TimeOutAsync(string what, string why, CancellationToken cancellationToken)
    {
        _process.Note($"api: {what}: {why}");
        await Task.Delay(Deadline, _process.Time, cancellationToken);
        // What the client can know.
        return Failure(what, ApiFault.Timeout, "no answer in time", false);
    }

    private void Later<T>(string what, Func<Task<T>> write) => _ = _process.Loop.Run(async () =>
    {
        await Task.Delay(_random.UpTo(TimeSpan.FromSeconds(5)), _process.Loop.Time);
        try
        {
            await write();
            _process.Loop.Note($"api: {what} arrives late");
        }
        catch (KubernetesException e)
        {
            _process.Loop.Note($"api: {what} arrives late: {e.Fault}");
        }
    });

    private static KubernetesException Failure(string what, ApiFault fault, string message, bool isSurelyUndone) =>
        new(what, fault, message, isSurelyUndone);

    private Task WayAsync(CancellationToken cancellationToken) =>
        Task.Delay(_random.UpTo(_state.Faults.SlowestWay), _process.Time, cancellationToken);
}
