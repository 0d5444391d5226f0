using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Reading and watching streams.</summary>
public sealed partial class KubernetesClusterStore
{
    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken) => await Try(
        $"read {stream}", async token => JournalRecords.Head(stream, (await ReadKnownAsync(stream, token)).Head), cancellationToken);

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        KnownJournal? known = null;
        while (true)
        {
            var (from, at) = (next, known);
            var page = await Try($"read {stream}", token => ReadPageAsync(stream, from, at, token), cancellationToken);
            foreach (var e in page.Events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return e;
            }
            (next, known) = (page.Next, page.Known);
            if (next > page.Known.Head.Last)
                yield break;
        }
    }

    public async IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        JournalWatch? watch = null;
        try
        {
            (watch, var known) = await Try($"watch {stream}", token => BeginWatchAsync(stream, token), cancellationToken);
            if (known.Head.Last + 1 < next)
            {
                throw new JournalException($"watch {stream}", $"it ends at {known.Head.Last}, and {next - 1} was there before: was the "
                    + "cluster's etcd restored from a backup?", isTransient: true);
            }
            while (true)
            {
                if (known.Head.Pruned >= next)
                    throw new StreamGapException(stream, next, known.Head.Pruned + 1);
                if (known.Head.Last < next)
                {
                    var (on, seen) = (watch, known.Version);
                    var journal = await Run(token => on.NextAsync(seen, token), cancellationToken, null);
                    known = new KnownJournal(JournalRecords.Checked(stream, _names.Cluster, journal), journal.Metadata);
                    continue;
                }
                var (from, at) = (next, known);
                var page = await Try($"watch {stream}", token => ReadPageAsync(stream, from, at, token), cancellationToken);
                known = page.Known;
                if (known.Head.Pruned >= next)
                    continue;
                foreach (var e in page.Events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return e;
                    next = e.SequenceNr + 1;
                }
            }
        }
        finally
        {
            if (watch is not null)
                Post(() => _feed.Remove(watch));
        }
    }

    /// <summary>Joins the feed of all journals, after a look at this one.</summary>
    /// <remarks>What changes after the look is newer than it, so the feed brings it or has it already.</remarks>
    private async Task<(JournalWatch Watch, KnownJournal Known)> BeginWatchAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        var known = await ReadKnownAsync(stream, cancellationToken);
        return (_feed.Add(_names.Journal(stream)), known);
    }

    /// <summary>The events of one segment, or of the tail, from a number on.</summary>
    /// <param name="known">Null: look how the journal is now.</param>
    private async Task<Page> ReadPageAsync(PersistenceId stream, long from, KnownJournal? known, CancellationToken cancellationToken)
    {
        known ??= await ReadKnownAsync(stream, cancellationToken);
        while (true)
        {
            var head = known.Head;
            var first = Math.Max(from, head.Pruned + 1);
            if (head.Segments.FirstOrDefault(s => s.Last >= first) is not { } segment)
                return new Page(JournalRecords.Events(stream, head.Tail, first), head.Last + 1, known);
            if (await ReadSegmentAsync(stream, segment, cancellationToken) is { } commits)
                return new Page(JournalRecords.Events(stream, commits, first), segment.Last + 1, known);
            // It has been pruned, or written again in a larger one.
            known = await ReadOtherAsync(stream, known, cancellationToken);
        }
    }

    /// <param name="Next">Where the next page begins; beyond the head's last number after the last one.</param>
    private sealed record Page(ImmutableArray<EventEnvelope> Events, long Next, KnownJournal Known);
}
