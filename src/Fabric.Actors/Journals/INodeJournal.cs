using System.Collections.Immutable;
using System.Threading.Channels;

namespace Fabric.Actors;

/// <summary>A node's own journal: one total order over all its streams, a horizon, and interned texts.</summary>
public interface INodeJournal : IJournal
{
    /// <summary>The place of the newest event in the order; 0 in an empty journal.</summary>
    long LastOrdering { get; }

    /// <summary>Where the journal's knowledge begins: the oldest event still there. Null in an empty journal.</summary>
    ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken);

    /// <summary>All events from an ordering on, in order.</summary>
    IAsyncEnumerable<EventEnvelope> ReadAllAsync(long fromOrdering, CancellationToken cancellationToken);

    /// <summary>Every batch committed after this call, in order. One batch holds the events of one group commit.</summary>
    /// <remarks>Call it before reading up to <see cref="LastOrdering"/>, so that nothing falls between.</remarks>
    ChannelReader<ImmutableArray<EventEnvelope>> Follow();

    /// <summary>The texts of these ids; an id that is not known is missing in the answer.</summary>
    ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes what is older than the retention allows, never beyond <paramref name="foldedOrdering"/> and never an event that a
    /// stream's newest snapshot does not cover.
    /// </summary>
    ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering, DateTimeOffset now,
        CancellationToken cancellationToken);
}
