using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>One watch of leases, with what of each changed last, kept until its owner takes it.</summary>
/// <remarks>
/// Whoever watches leases takes silence for death. So whatever interrupts the watch ends it with an exception, but for its
/// regular end: the next one begins at once where it was, and if that brings nothing, the owner's look at the silence tells.
/// Belongs to the store's loop.
/// </remarks>
internal sealed class KubernetesLeaseWatch(IKubernetesApi api, ObjectQuery query, string prefix, string version) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ChangeSignal _changed = new();
    private readonly Dictionary<string, LeaseChange> _news = new(StringComparer.Ordinal);
    private JournalException? _failure;
    private string _version = version;

    public string Prefix => prefix;

    /// <summary>The newest version of which it knows.</summary>
    public long Seen => JournalFeed.Number(_version);

    public Task Running { get; private set; } = Task.CompletedTask;

    public void Begin(CancellationToken life) => Running = RunAsync(life);

    public void Dispose()
    {
        if (!Running.IsCompleted)
            _stop.Cancel();
    }

    public void Fail(JournalException failure)
    {
        _failure ??= failure;
        _changed.Raise();
    }

    /// <returns>What has changed since the last call, once something has. Empty: <paramref name="atMost"/> has passed.</returns>
    /// <exception cref="JournalException">The watch was interrupted.</exception>
    public async Task<ImmutableArray<LeaseChange>> NextAsync(TimeProvider time, TimeSpan atMost, CancellationToken cancellationToken)
    {
        // Not by the clock: a timer may fire a moment before the time that it was given has passed.
        var isOver = new StrongBox<bool>();
        await using var timer = time.CreateTimer(_ => End(isOver), null, atMost, Timeout.InfiniteTimeSpan);
        while (true)
        {
            var seen = _changed.Count;
            if (_news.Count > 0)
            {
                ImmutableArray<LeaseChange> taken = [.. _news.Values.OrderBy(c => c.Name, StringComparer.Ordinal)];
                _news.Clear();
                return taken;
            }
            if (_failure is { } failure)
                throw failure;
            if (Volatile.Read(ref isOver.Value))
                return [];
            await _changed.WaitAsync(seen, cancellationToken);
        }
    }

    private void End(StrongBox<bool> isOver)
    {
        Volatile.Write(ref isOver.Value, true);
        _changed.Raise();
    }

    private async Task RunAsync(CancellationToken life)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, life);
        try
        {
            while (true)
            {
                var isEmpty = true;
                await foreach (var change in api.WatchAsync(LeaseObject.Resource, query, _version, both.Token))
                {
                    isEmpty = false;
                    Take(change);
                }
                if (isEmpty)
                    throw new JournalException($"watch leases {prefix}", "the API server ends each watch at once", isTransient: true);
            }
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            return;
        }
        catch (KubernetesException e)
        {
            Fail(new JournalException($"watch leases {prefix}", JournalHints.For(e, query.Namespace!), isTransient: true, e));
        }
        catch (Exception e)
        {
            Fail(e as JournalException ?? new JournalException($"watch leases {prefix}", e.Message, isTransient: true, e));
        }
    }

    private void Take(WatchEvent<LeaseObject> change)
    {
        if (change is WatchEvent<LeaseObject>.Bookmark { ResourceVersion: var bookmark })
        {
            _version = bookmark;
            return;
        }
        var (stored, isGone) = change is WatchEvent<LeaseObject>.Deleted gone
            ? (gone.Object, true)
            : (((WatchEvent<LeaseObject>.Put)change).Object, false);
        _version = stored.Metadata.ResourceVersion ?? _version;
        if (KubernetesLeases.Decode(stored) is not { } lease || !lease.Name.StartsWith(prefix, StringComparison.Ordinal))
            return;
        _news[lease.Name] = new LeaseChange(lease.Name, isGone ? null : lease);
        _changed.Raise();
    }
}
