using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Answers queries for events from a node's journal, in bounded memory. Any thread; one call per instance at a time.</summary>
public sealed class EventReader(INodeJournal journal, EventQuery query, EventFilter filter)
{
    // Read together and then let go: an open read keeps the journal's log from being moved into its file.
    private const int Batch = 512;

    // Appends of two streams may be committed in another order than their clock readings; never by this much.
    private static readonly TimeSpan OrderSlack = TimeSpan.FromSeconds(5);

    /// <summary>The newest events that match, at most the query's limit, oldest first, up to an ordering.</summary>
    /// <exception cref="JournalException">The journal is damaged or can't be read.</exception>
    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        long through, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = Math.Min(through, query.Until?.Ordering ?? long.MaxValue);
        var next = await FirstAsync(last, cancellationToken);
        while (next <= last)
        {
            var batch = await BatchAsync(next, last, cancellationToken);
            if (batch.Count == 0)
                yield break;
            next = batch[^1].Ordering + 1;
            foreach (var e in batch)
            {
                if (filter.Matches(e))
                    yield return e;
            }
        }
    }

    private async Task<List<EventEnvelope>> BatchAsync(long from, long last, CancellationToken cancellationToken)
    {
        var batch = new List<EventEnvelope>(Batch);
        await foreach (var e in journal.ReadAllAsync(from, cancellationToken))
        {
            if (e.Ordering > last || batch.Count == Batch)
                break;
            batch.Add(e);
        }
        return batch;
    }

    /// <summary>The ordering of the first event to answer with: so many back that the limit is reached, or the range's beginning.</summary>
    private async Task<long> FirstAsync(long last, CancellationToken cancellationToken)
    {
        if (filter.Learns)
            return await ScanAsync(1, last, query.Limit, cancellationToken) is { First: { } all } ? all : last + 1;
        var first = last + 1;
        var wanted = query.Limit;
        var floor = Math.Max(1, query.Since?.Ordering ?? 1);
        var window = (long)Math.Max(query.Limit, Batch);
        for (var end = last; end >= floor && wanted > 0; window *= 4)
        {
            var start = Math.Max(floor, end - window + 1);
            var scan = await ScanAsync(start, end, wanted, cancellationToken);
            first = scan.First ?? first;
            wanted -= scan.Count;
            if (scan.Oldest is not { } oldest || query.Since?.Time is { } since && oldest.Hlc.Time + OrderSlack < since)
                break;
            end = start - 1;
        }
        return first;
    }

    private async Task<(long? First, int Count, EventEnvelope? Oldest)> ScanAsync(
        long from, long last, int wanted, CancellationToken cancellationToken)
    {
        var matching = new Queue<long>();
        EventEnvelope? oldest = null;
        await foreach (var e in journal.ReadAllAsync(from, cancellationToken))
        {
            if (e.Ordering > last)
                break;
            oldest ??= e;
            if (!filter.Matches(e))
                continue;
            if (matching.Count == wanted)
                matching.Dequeue();
            matching.Enqueue(e.Ordering);
        }
        return (matching.TryPeek(out var first) ? first : null, matching.Count, oldest);
    }
}
