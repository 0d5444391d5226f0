using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The cluster's journal on a store that all nodes reach, with watches and leases.</summary>
/// <remarks>
/// <para>
/// All members may be called from any thread. Each single call ends within the store's own deadline (seconds, stated by
/// the implementation), watches excepted: appends and lease writes end in Unknown then, reads throw a transient <see
/// cref="JournalException"/>. A commit larger than <see cref="ClusterStoreLimits.MaxCommitBytes"/> is a caller's
/// mistake (<see cref="ArgumentException"/>). Interned texts are not kept.
/// </para>
/// <para>
/// Lease writes are no appends: renewing costs no history. The contract is ClusterStoreContract in the tests.
/// </para>
/// </remarks>
public interface IClusterStore : IJournal
{
    /// <summary>
    /// The stream's events from a number on, those to come included, in order and without gaps, until cancelled.
    /// </summary>
    /// <exception cref="StreamGapException">Events that should come next were pruned.</exception>
    /// <exception cref="JournalException">The store can't be read; watch again from the next number.</exception>
    IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken);

    /// <summary>Writes a lease if it is still at the version that the caller knows.</summary>
    /// <param name="expectedVersion">0: there must be no such lease.</param>
    ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken);

    /// <summary>Deletes a lease if it is still at the version that the caller knows.</summary>
    ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>All leases whose names begin with <paramref name="prefix"/>, ordered by name (ordinal).</summary>
    ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// First the leases that there are (<see cref="LeaseChanges.IsComplete"/>, perhaps none), then what changes, until
    /// cancelled. Changes that come faster than they are taken are coalesced: of each lease only the newest content is
    /// given.
    /// </summary>
    /// <exception cref="JournalException">The store can't be read; watch again.</exception>
    IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix, CancellationToken cancellationToken);
}
