using System.Text.Json;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>The changes of one range of keys, from one streaming request, for all who watch something in it.</summary>
/// <remarks>
/// <para>
/// One request watches one range. Several in one request are not to be had: the gateway stops reading a request's body
/// as soon as it has begun to answer, and loses what it has not read by then.
/// </para>
/// <para>
/// When the request ends or its member fails, the next member is asked at once, from the revision that comes next. How
/// far a quiet member has looked is not asked for (<c>progress_notify</c>): before 3.4.25 etcd may claim more than it has
/// delivered. What was compacted meanwhile is read again instead.
/// </para>
/// <para>Belongs to the store's loop.</para>
/// </remarks>
/// <param name="isUnbroken">
/// Whether every interruption ends the watches, because silence means something to their owners. Deletions are given
/// then, too.
/// </param>
internal sealed class EtcdFeed(EtcdClient client, TimeProvider time, byte[] key, byte[] rangeEnd, bool isUnbroken)
{
    /// <summary>Between a request that failed and the next one.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly List<EtcdWatch> _watches = [];
    private readonly ChangeSignal _changed = new();
    private CancellationTokenSource? _request;
    private EtcdEndpoint? _member;
    private string? _restart;

    /// <summary>The first revision whose changes have not been given yet.</summary>
    public long NextRevision { get; private set; }

    /// <returns>Null: changes since <paramref name="fromRevision"/> have passed already. Read again.</returns>
    public EtcdWatch? Add(byte[] prefix, long fromRevision)
    {
        if (_watches.Count == 0)
            NextRevision = fromRevision;
        if (fromRevision < NextRevision)
            return null;
        var watch = new EtcdWatch(prefix, isLatestOnly: isUnbroken);
        _watches.Add(watch);
        _changed.Raise();
        return watch;
    }

    public void Remove(EtcdWatch watch)
    {
        if (_watches.Remove(watch) && _watches.Count == 0)
            _request?.Cancel();
    }

    /// <summary>Something else that was asked of this member failed: what comes from it may be nothing from now on.</summary>
    public void Suspect(EtcdEndpoint member)
    {
        if (member == _member)
            Restart("it answers no more");
    }

    /// <summary>Counts as an interruption.</summary>
    public void Restart(string reason)
    {
        _restart = reason;
        _request?.Cancel();
    }

    /// <summary>Nothing that was seen so far says where to go on.</summary>
    public void Lose() => End(watch => watch.Lose());

    public void Fail(JournalException failure) => End(watch => watch.Fail(failure));

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        var hasNewToken = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await WaitForWatchAsync(cancellationToken);
                await ListenAsync(() => (failures, hasNewToken) = (0, false), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (EtcdException e) when (e.IsStaleToken && !hasNewToken)
            {
                // Nothing has been missed: the next request begins where this one would have.
                hasNewToken = true;
            }
            catch (EtcdException e)
            {
                client.MoveOn(e.Endpoint);
                if (isUnbroken || ++failures >= Math.Max(2, client.Members) || e.IsRefusal)
                    Fail(new JournalException("watch", e.Message, isTransient: true, e));
                await Quiet.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task WaitForWatchAsync(CancellationToken cancellationToken)
    {
        for (var seen = _changed.Count; _watches.Count == 0; seen = _changed.Count)
            await _changed.WaitAsync(seen, cancellationToken);
    }

    /// <summary>One request, until nobody watches any more.</summary>
    /// <exception cref="EtcdException">It ended otherwise.</exception>
    private async Task ListenAsync(Action served, CancellationToken cancellationToken)
    {
        using var request = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var member = client.Current;
        (_request, _member, _restart) = (request, member, null);
        try
        {
            using var response = await client.WatchAsync(member, Request(), request.Token);
            using var stream = await response.Content.ReadAsStreamAsync(request.Token);
            var messages = JsonSerializer.DeserializeAsyncEnumerable(
                stream, EtcdJson.Default.EtcdWatchMessage, topLevelValues: true, request.Token);
            await foreach (var message in messages)
            {
                if (message?.Result is not { } news)
                    throw Broken(member, EtcdHints.For(message?.Error?.Message ?? "the watch failed"));
                Take(member, news);
                served();
            }
            throw Broken(member, "it ended the watch");
        }
        catch (OperationCanceledException) when (request.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_restart is { } reason)
                throw Broken(member, reason);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            throw Broken(member, $"the watch broke off: {e.Message}", e);
        }
        finally
        {
            (_request, _member) = (null, null);
        }
    }

    private byte[] Request()
    {
        var create = new EtcdWatchCreate(key, rangeEnd, NextRevision, isUnbroken ? null : ["NODELETE"]);
        return JsonSerializer.SerializeToUtf8Bytes(new EtcdWatchRequest(create), EtcdJson.Default.EtcdWatchRequest);
    }

    private void Take(EtcdEndpoint member, EtcdWatchNews news)
    {
        if (news.Canceled && news.CompactRevision > 0)
        {
            Lose();
            return;
        }
        if (news.Canceled)
        {
            var reason = news.CancelReason ?? "it cancelled the watch";
            var isToken = reason.Contains("auth token", StringComparison.Ordinal) || reason.Contains("user name is empty", StringComparison.Ordinal);
            if (isToken)
                client.TokenIsStale();
            throw new EtcdException(member, EtcdHints.For(reason), isToken ? EtcdException.Unauthenticated : 0, isSurelyUndone: true);
        }
        foreach (var e in news.Events ?? [])
        {
            if (e.Kv is not { Key: not null } row)
                continue;
            NextRevision = Math.Max(NextRevision, row.ModRevision + 1);
            foreach (var watch in _watches.Where(w => w.Wants(row)))
                watch.Take(e);
        }
        if (_watches.RemoveAll(w => w.HasEnded) > 0 && _watches.Count == 0)
            _request?.Cancel();
    }

    private void End(Action<EtcdWatch> how)
    {
        _watches.ForEach(how);
        _watches.Clear();
        _request?.Cancel();
    }

    private static EtcdException Broken(EtcdEndpoint member, string what, Exception? inner = null) =>
        new(member, what, 0, isSurelyUndone: true, inner);
}
