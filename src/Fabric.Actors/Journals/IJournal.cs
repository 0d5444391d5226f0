using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>Streams of events with optimistic concurrency, their heads and their snapshots.</summary>
/// <remarks>
/// All members may be called from any thread. An append never throws for what the storage does: that is
/// <see cref="AppendOutcome.Unknown"/>. Reads throw <see cref="JournalException"/>. The contract is JournalContract in the tests,
/// which every implementation inherits.
/// </remarks>
public interface IJournal : IAsyncDisposable
{
    /// <summary>Compare-and-set on the stream's head.</summary>
    ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken);

    ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken);

    /// <summary>The stream's events from a sequence number on, in order; what was pruned is not there.</summary>
    IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken);

    /// <summary>The newest snapshot, or null.</summary>
    ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken);

    /// <summary>Stores a snapshot. One that is older than the stored one is ignored.</summary>
    /// <exception cref="JournalException">It could not be stored; the older one is still there.</exception>
    ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Deletes events up to and including <paramref name="throughSequenceNr"/>; the head stays.</summary>
    /// <exception cref="JournalException">There is no snapshot at or beyond that number: pruning would lose state.</exception>
    ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken);
}
