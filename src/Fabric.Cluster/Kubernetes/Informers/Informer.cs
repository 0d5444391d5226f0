using System.Collections.Immutable;

namespace Fabric.Cluster.Kubernetes;

/// <summary>
/// The objects of one kind as they are, kept up to date by one list and one watch, however many look at them.
/// </summary>
/// <remarks>
/// <para>
/// Of each object only what <c>keep</c> makes of it stays, so large objects cost no memory. Followers are told that
/// something changed, not what: they look at what is there, and a slow one misses nothing.
/// </para>
/// <para>
/// A watch that ends goes on from its last version; one whose version is too old (410) begins with a new list, which also
/// shows what was deleted meanwhile. Failures are waited out, longer each time, and what is known stays. Used on one loop.
/// </para>
/// </remarks>
/// <param name="keep">Called once for each object that comes.</param>
/// <param name="report">Told, in a sentence, when the API stops answering.</param>
/// <param name="jitter">
/// From 0 to 1, drawn for each pause, so that a thousand followers do not return to a new server at the same moment.
/// </param>
public sealed class Informer<T, TKept>(IKubernetesApi api, ResourceKind<T> kind, ObjectQuery query, Func<T, TKept> keep, TimeProvider time,
    Action<string> report, Func<double>? jitter = null)
    where T : class, IApiObject
{
    /// <summary>So many objects are in memory in full at a time.</summary>
    public const int PageSize = 500;

    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MostPause = TimeSpan.FromSeconds(30);

    private string? _version;
    private TimeSpan _pause = LeastPause;

    /// <summary>Raised after each change of <see cref="Objects"/>, <see cref="HasSynced"/> or <see cref="Fault"/>.</summary>
    public ChangeSignal Changed { get; } = new();

    /// <summary>Whether all objects have been read once.</summary>
    public bool HasSynced { get; private set; }

    /// <summary>What is there, as last heard.</summary>
    public ImmutableSortedDictionary<ObjectKey, TKept> Objects { get; private set; } = ImmutableSortedDictionary<ObjectKey, TKept>.Empty;

    /// <summary>Why nothing is heard at present, or null.</summary>
    public KubernetesException? Fault { get; private set; }

    /// <summary>Follows the objects until cancelled.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            try
            {
                if (_version is null)
                    await ListAsync(cancellationToken);
                await WatchAsync(cancellationToken);
                // A server that ends each watch at once is not to be asked without end.
                if (time.GetElapsedTime(began) < LeastPause)
                    await PauseAsync(cancellationToken);
            }
            catch (KubernetesException e)
            {
                if (e.Fault == ApiFault.Expired)
                    _version = null;
                // That is how a watch's life may end; only a repetition is worth waiting and telling.
                if (e.Fault == ApiFault.Expired && time.GetElapsedTime(began) >= LeastPause)
                    continue;
                Failed(e);
                await PauseAsync(cancellationToken);
            }
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<ObjectKey, TKept>();
        ObjectPage<T> page;
        string? next = null;
        do
        {
            page = await api.ListAsync(kind, query, PageSize, next, null, cancellationToken);
            foreach (var o in page.Items)
                all[ObjectKey.Of(o)] = keep(o);
            next = page.Continue;
        }
        while (next is not null);
        Objects = all.ToImmutable();
        HasSynced = true;
        Heard(page.ResourceVersion);
        Changed.Raise();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (var e in api.WatchAsync(kind, query, _version!, cancellationToken))
        {
            switch (e)
            {
                case WatchEvent<T>.Put put:
                    Objects = Objects.SetItem(ObjectKey.Of(put.Object), keep(put.Object));
                    Heard(put.Object.Metadata.ResourceVersion);
                    break;
                case WatchEvent<T>.Deleted deleted:
                    Objects = Objects.Remove(ObjectKey.Of(deleted.Object));
                    Heard(deleted.Object.Metadata.ResourceVersion);
                    break;
                case WatchEvent<T>.Bookmark bookmark:
                    Heard(bookmark.ResourceVersion);
                    continue;
            }
            Changed.Raise();
        }
    }

    private void Heard(string? version)
    {
        _version = version ?? _version;
        _pause = LeastPause;
        if (Fault is null)
            return;
        Fault = null;
        report($"{kind}: the Kubernetes API answers again");
        Changed.Raise();
    }

    private void Failed(KubernetesException e)
    {
        var isNews = Fault?.Fault != e.Fault;
        Fault = e;
        if (!isNews)
            return;
        report($"{kind} can't be followed, what is known of them holds: {e.Message}");
        Changed.Raise();
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        var pause = _pause * (1 + (jitter?.Invoke() ?? 0));
        _pause = _pause * 2 < MostPause ? _pause * 2 : MostPause;
        await Task.Delay(pause, time, cancellationToken);
    }
}
