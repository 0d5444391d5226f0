using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Reading and watching streams.</summary>
public sealed partial class EtcdClusterStore
{
    private const int FirstPage = 16;
    private const int LargestPage = 512;
    private const long PageBytes = 2 << 20;

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken) => await Try(
        $"read {stream}", async token => (await ReadKnownAsync(stream, token)).Head.For(stream), cancellationToken);

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        var commits = FirstPage;
        while (true)
        {
            var (from, limit) = (next, commits);
            var page = await Try($"read {stream}", token => ReadPageAsync(stream, from, limit, token), cancellationToken);
            foreach (var e in page.Events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return e;
            }
            if (!page.More)
                yield break;
            (next, commits) = (page.Next, page.NextLimit);
        }
    }

    public async IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        var commits = FirstPage;
        EtcdWatch? watch = null;
        try
        {
            while (true)
            {
                ImmutableArray<EventEnvelope> events;
                if (watch is null)
                {
                    var (from, limit) = (next, commits);
                    (var page, watch) = await Try(
                        $"watch {stream}", token => ReadOrWatchAsync(stream, from, limit, token), cancellationToken);
                    if (page.Available > next)
                        throw new StreamGapException(stream, next, page.Available);
                    if (page.Available < next && page.Events.IsEmpty)
                    {
                        throw new JournalException($"watch {stream}", $"it ends at {page.Available - 1}, and {next - 1} was there before: "
                            + "was etcd restored from a backup?", isTransient: true);
                    }
                    (events, commits) = (page.Events, page.NextLimit);
                }
                else
                {
                    var (from, on) = (next, watch);
                    var news = await Run(token => NextAsync(stream, on, from, token), cancellationToken);
                    if (news is null)
                    {
                        Forget(watch);
                        watch = null;
                        continue;
                    }
                    events = news.Value;
                }
                foreach (var e in events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return e;
                    next = e.SequenceNr + 1;
                }
            }
        }
        finally
        {
            Forget(watch);
        }
    }

    /// <summary>Reads a page, and watches from there on if it is the last one.</summary>
    private async Task<(Page Page, EtcdWatch? Watch)> ReadOrWatchAsync(
        PersistenceId stream, long from, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await ReadPageAsync(stream, from, limit, cancellationToken);
            if (page.More || page.Available > from)
                return (page, null);
            // Others' watches may have seen more than this read: a later one sees at least as much as they.
            if (_watches.AddCommits(_keys.CommitPrefix(stream), page.Revision + 1) is { } watch)
                return (page, watch);
        }
    }

    private void Forget(EtcdWatch? watch)
    {
        if (watch is not null)
            Post(() => _watches.RemoveCommits(watch));
    }

    /// <returns>Null: they do not go on from <paramref name="next"/>, so that the stream must be read again.</returns>
    private async Task<ImmutableArray<EventEnvelope>?> NextAsync(
        PersistenceId stream, EtcdWatch watch, long next, CancellationToken cancellationToken)
    {
        if (await watch.NextAsync(_time, Timeout.InfiniteTimeSpan, cancellationToken) is not { } changes)
            return null;
        var events = ImmutableArray.CreateBuilder<EventEnvelope>();
        foreach (var change in changes)
        {
            foreach (var e in EtcdRecords.Decode(stream, change.Kv!).Where(e => e.SequenceNr >= next))
            {
                if (e.SequenceNr != next)
                    return null;
                events.Add(e);
                next++;
            }
        }
        return events.ToImmutable();
    }

    private async Task<Page> ReadPageAsync(PersistenceId stream, long from, int limit, CancellationToken cancellationToken)
    {
        // Head and commits of one revision: what is missing before the head's number has been pruned.
        var answer = await _client.TxnAsync(new EtcdTxn(
        [
            new EtcdOperation(RequestRange: new EtcdRange(_keys.Head(stream))),
            new EtcdOperation(RequestRange: new EtcdRange(_keys.Commit(stream, from), _keys.CommitsEnd(stream), limit)),
        ]), cancellationToken);
        var known = Known(stream, answer.Responses?[0].ResponseRange);
        var range = answer.Responses?[1].ResponseRange;
        var rows = range?.Kvs ?? [];
        var first = Math.Max(from, known.Head.Pruned + 1);
        ImmutableArray<EventEnvelope> events = [.. rows.SelectMany(row => EtcdRecords.Decode(stream, row)).Where(e => e.SequenceNr >= first)];
        var bytes = rows.Sum(row => (long)row.Value!.Length);
        var nextLimit = rows.Length == 0 ? limit : (int)Math.Clamp(PageBytes / Math.Max(1, bytes / rows.Length), 2, LargestPage);
        return new Page(
            events,
            events.IsEmpty ? known.Head.Last + 1 : events[0].SequenceNr,
            events.IsEmpty ? first : events[^1].SequenceNr + 1,
            range?.More ?? false,
            nextLimit,
            answer.Header!.Revision);
    }

    /// <param name="Available">The first event that there is from where was asked on; after the head's number if none.</param>
    /// <param name="Next">Where the next page begins.</param>
    /// <param name="NextLimit">How many commits it should take, going by the size of these.</param>
    private sealed record Page(
        ImmutableArray<EventEnvelope> Events, long Available, long Next, bool More, int NextLimit, long Revision);
}
