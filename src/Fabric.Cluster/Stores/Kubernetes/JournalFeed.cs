using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>The changes of all journals of a cluster, from one watch, for everyone who watches a stream.</summary>
/// <remarks>
/// <para>
/// It lists, watches from the list's version, and goes on from the last version seen when the server ends the watch, or when
/// the watch brought nothing for <see cref="Silence"/>, not even a bookmark. When that version is too old it lists again.
/// </para>
/// <para>
/// Versions are compared as numbers, which the revisions of etcd behind them are; an older list than before says that
/// the cluster was restored from a backup, and ends all watches.
/// </para>
/// <para>Belongs to the store's loop.</para>
/// </remarks>
/// <param name="post">Brings work to the loop from a timer's thread.</param>
internal sealed class JournalFeed(IKubernetesApi api, ObjectQuery journals, TimeProvider time, Action<Action> post)
{
    /// <summary>API servers send a bookmark about every minute (apiserver, cacher: 1 min before, and at, a watch's end).</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(150);

    /// <summary>Between a request that failed and the next one.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private const int FailuresUntilTold = 2;
    private const int PageObjects = 50;

    private readonly List<JournalWatch> _watches = [];
    private readonly Dictionary<string, JournalObject> _newest = new(StringComparer.Ordinal);
    private readonly ChangeSignal _changed = new();
    private CancellationTokenSource? _request;

    // Where the next watch begins; null: list first.
    private string? _version;
    private long _highest;

    public static long Number(string? version) =>
        long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public JournalWatch Add(string name)
    {
        var watch = new JournalWatch(name);
        _watches.Add(watch);
        if (_newest.TryGetValue(name, out var journal))
            watch.Take(journal);
        _changed.Raise();
        return watch;
    }

    public void Remove(JournalWatch watch)
    {
        if (!_watches.Remove(watch) || _watches.Count > 0)
            return;
        (_version, _highest) = (null, 0);
        _newest.Clear();
        _request?.Cancel();
    }

    /// <summary>A journal that was read or written elsewhere: the watches need not wait for the feed to bring it.</summary>
    public void Offer(JournalObject journal)
    {
        var name = journal.Metadata.Name!;
        if (_watches.Count == 0 || _newest.TryGetValue(name, out var before)
            && Number(before.Metadata.ResourceVersion) >= Number(journal.Metadata.ResourceVersion))
            return;
        _newest[name] = journal;
        foreach (var watch in _watches.Where(w => w.Name == name))
            watch.Take(journal);
    }

    public void FailAll(JournalException failure)
    {
        foreach (var watch in _watches)
            watch.Fail(failure);
    }

    /// <summary>Runs until cancelled, and then returns.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                for (var seen = _changed.Count; _watches.Count == 0; seen = _changed.Count)
                    await _changed.WaitAsync(seen, cancellationToken);
                await ListenAsync(() => failures = 0, cancellationToken);
                // Also after an end in good order: a server that ends each watch at once must not be kept busy with it.
                await Quiet.Delay(Pause, time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException e)
            {
                if (e.Fault == ApiFault.Expired)
                    _version = null;
                else if (++failures >= FailuresUntilTold)
                    FailAll(new JournalException("watch", JournalHints.For(e, journals.Namespace!), isTransient: true, e));
                await Quiet.Delay(e.RetryAfter ?? Pause, time, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                FailAll(new JournalException("watch", e.Message, isTransient: true, e));
                await Quiet.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>One request, until it ends or nobody watches any more.</summary>
    private async Task ListenAsync(Action served, CancellationToken cancellationToken)
    {
        using var request = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _request = request;
        // A timer's thread is not the loop; by then the request may be over.
        await using var deaf = time.CreateTimer(_ => post(() => Stop(request)), null, Silence, Timeout.InfiniteTimeSpan);
        try
        {
            if (_version is null)
            {
                await ListAsync(request.Token);
                served();
            }
            if (_version is null)
                return;
            await foreach (var change in api.WatchAsync(JournalObject.Resource, journals, _version, request.Token))
            {
                deaf.Change(Silence, Timeout.InfiniteTimeSpan);
                Take(change);
                served();
                request.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (request.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Silent, or of no use any more: the loop goes on from where it was.
            return;
        }
        finally
        {
            _request = null;
        }
    }

    private void Stop(CancellationTokenSource request)
    {
        if (_request == request)
            request.Cancel();
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        string? next = null;
        var listed = new List<JournalObject>();
        ObjectPage<JournalObject> page;
        do
        {
            page = await api.ListAsync(JournalObject.Resource, journals, PageObjects, next, null, cancellationToken);
            listed.AddRange(page.Items);
            next = page.Continue;
        }
        while (next is not null);
        cancellationToken.ThrowIfCancellationRequested();
        if (Number(page.ResourceVersion) < _highest)
        {
            _newest.Clear();
            _highest = 0;
            FailAll(new JournalException(
                "watch", "the API server has gone back in time: was its etcd restored from a backup?", isTransient: true));
        }
        See(page.ResourceVersion);
        listed.ForEach(Offer);
    }

    private void Take(WatchEvent<JournalObject> change)
    {
        switch (change)
        {
            case WatchEvent<JournalObject>.Put { Object: var journal }:
                Offer(journal);
                See(journal.Metadata.ResourceVersion);
                break;
            case WatchEvent<JournalObject>.Deleted { Object: var journal }:
                _newest.Remove(journal.Metadata.Name!);
                foreach (var watch in _watches.Where(w => w.Name == journal.Metadata.Name))
                    watch.Fail(new JournalException("watch", $"somebody has deleted the journal {watch.Name}", isTransient: true));
                See(journal.Metadata.ResourceVersion);
                break;
            case WatchEvent<JournalObject>.Bookmark { ResourceVersion: var version }:
                See(version);
                break;
        }
    }

    private void See(string? version)
    {
        _version = version;
        _highest = Math.Max(_highest, Number(version));
    }
}
