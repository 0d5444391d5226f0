using System.Collections.Immutable;
using System.Threading.Channels;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A node's own journal: one total order over all its streams, a horizon, and interned texts.</summary>
public interface INodeJournal : IJournal
{
    /// <summary>The place of the newest event in the order; 0 in an empty journal.</summary>
    long LastOrdering { get; }

    /// <summary>Where the journal's knowledge begins: the oldest event still there, and from where on nothing is missing.</summary>
    ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken);

    /// <summary>All events from an ordering on, in order.</summary>
    IAsyncEnumerable<EventEnvelope> ReadAllAsync(long fromOrdering, CancellationToken cancellationToken);

    /// <summary>
    /// Every batch committed after this call, in order, until the token is cancelled or the journal is disposed (the channel then
    /// completes). One batch holds the events of one group commit.
    /// </summary>
    /// <remarks>
    /// Call it before reading up to <see cref="LastOrdering"/>, so that nothing falls between. A batch is in the channel before
    /// the append that it belongs to is answered. The channel is unbounded, because a slow follower must not delay an append:
    /// read it promptly, and cancel the token when done, or its batches stay in memory.
    /// </remarks>
    ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken = default);

    /// <summary>The newest snapshot at or before a sequence number, or null.</summary>
    /// <remarks>
    /// For a stream that has no events (a fold over the whole journal, whose sequence numbers are orderings) every snapshot is
    /// kept until compaction drops an event that it would need; other streams keep the newest one and the one before.
    /// </remarks>
    ValueTask<Snapshot?> ReadSnapshotAtAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken);

    /// <summary>The texts of these ids; an id that is not known is missing in the answer.</summary>
    ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes what is older than the retention allows, never beyond <paramref name="foldedOrdering"/> and never an event that a
    /// stream's newest snapshot does not cover. Heads and the newest snapshots always stay.
    /// </summary>
    /// <param name="foldedOrdering">The ordering up to which a stored snapshot of the fold over the whole journal reaches.</param>
    /// <param name="liveTexts">
    /// The texts that the state at <paramref name="foldedOrdering"/> refers to. All others are dropped once no remaining event's
    /// append has carried them; null drops no texts.
    /// </param>
    ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering, IReadOnlySet<long>? liveTexts,
        DateTimeOffset now, CancellationToken cancellationToken);
}
