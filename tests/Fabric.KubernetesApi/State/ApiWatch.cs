using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>One watch: what changed since its version, in order, without end until it is closed.</summary>
/// <remarks>Its queue has no bound: who watches and does not read holds memory, in tests and demos alone.</remarks>
public sealed class ApiWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<ApiWatchEvent> _queue = new();
    private readonly ApiState _state;
    private readonly Selector _selector;
    private readonly long _after;
    private TaskCompletionSource? _reader;
    private bool _isClosed;
    private Exception? _failure;

    internal ApiWatch(ApiState state, ApiKind kind, Selector selector, long after, bool wantsBookmarks)
    {
        _state = state;
        Kind = kind;
        _selector = selector;
        _after = after;
        WantsBookmarks = wantsBookmarks;
    }

    public ApiKind Kind { get; }

    internal bool WantsBookmarks { get; }

    /// <summary>The next event if there is one now.</summary>
    /// <exception cref="Exception">What the watch was broken with, after all events before.</exception>
    public bool TryRead(out ApiWatchEvent read)
    {
        lock (_lock)
        {
            if (_queue.TryDequeue(out read!))
                return true;
            return _failure is null ? false : throw _failure;
        }
    }

    /// <summary>Waits until there is something to read; false: it is closed. Only one may wait.</summary>
    /// <remarks>The caller's loop goes on with it: nothing here continues on a thread of the pool.</remarks>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource reader;
        lock (_lock)
        {
            if (_queue.Count > 0 || _failure is not null)
                return true;
            if (_isClosed)
                return false;
            _reader = reader = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        using (cancellationToken.UnsafeRegister(r => ((TaskCompletionSource)r!).TrySetCanceled(cancellationToken), reader))
            await reader.Task;
        lock (_lock)
            return _queue.Count > 0 || _failure is not null || !_isClosed;
    }

    /// <summary>Ends it after what is queued, with a failure or, as servers do after minutes, with nothing.</summary>
    public void Close(Exception? failure = null)
    {
        lock (_lock)
        {
            _isClosed = true;
            _failure ??= failure;
            Wake();
        }
    }

    public void Dispose()
    {
        _state.Forget(this);
        Close();
    }

    /// <summary>Adds what a change is for this watch: an object that leaves the selector is deleted for it.</summary>
    internal void Offer(Change change)
    {
        if (change.Revision <= _after || change.Of != (Kind.Group, Kind.Plural))
            return;
        var before = change.Before is { } b && _selector.Matches(change.Key, b) ? b : null;
        var after = change.After is { } a && _selector.Matches(change.Key, a) ? a : null;
        if (after is not null)
            Add(new ApiWatchEvent(before is null ? "ADDED" : "MODIFIED", Shown(after, change.Revision)));
        else if (before is not null)
            Add(new ApiWatchEvent("DELETED", Shown(before, change.Revision)));
    }

    internal void OfferExisting(ObjectKey key, JsonObject value)
    {
        if (_selector.Matches(key, value))
            Add(new ApiWatchEvent("ADDED", Shown(value, null)));
    }

    internal void OfferBookmark(long revision)
    {
        var bookmark = new JsonObject
        {
            ["kind"] = Kind.Kind,
            ["apiVersion"] = Kind.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = Text(revision), ["creationTimestamp"] = null },
        };
        Add(new ApiWatchEvent("BOOKMARK", bookmark));
    }

    /// <summary>With the version of the change, also for the last content of an object that is gone: a later watch begins there.</summary>
    private JsonObject Shown(JsonObject value, long? revision)
    {
        var copy = (JsonObject)value.DeepClone();
        copy["apiVersion"] = Kind.ApiVersion;
        if (revision is { } changed)
            Meta.Set(copy, "resourceVersion", Text(changed));
        return copy;
    }

    private void Add(ApiWatchEvent made)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _queue.Enqueue(made);
            Wake();
        }
    }

    private void Wake()
    {
        _reader?.TrySetResult();
        _reader = null;
    }

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One line of a watch.</summary>
/// <param name="Type">ADDED, MODIFIED, DELETED or BOOKMARK; failures end the watch otherwise.</param>
public sealed record ApiWatchEvent(string Type, JsonObject Object);
