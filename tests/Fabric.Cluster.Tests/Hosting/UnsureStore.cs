using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>A store whose next appends end as Unknown: written or not, as the test says.</summary>
internal sealed class UnsureStore(IClusterStore inner) : IClusterStore
{
    /// <summary>For each append to come that is to be unknown: whether it is written.</summary>
    public Queue<bool> Unknowns { get; } = [];

    /// <summary>Runs once, before the next append.</summary>
    public Func<Task>? Before { get; set; }

    /// <summary>Runs once, before the next head is read.</summary>
    public Func<Task>? BeforeHead { get; set; }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        if (Before is { } before)
        {
            Before = null;
            await before();
        }
        if (!Unknowns.TryDequeue(out var written))
            return await inner.AppendAsync(append, cancellationToken);
        if (written)
            await inner.AppendAsync(append, cancellationToken);
        return new AppendOutcome.Unknown("on purpose");
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        if (BeforeHead is { } before)
        {
            BeforeHead = null;
            await before();
        }
        return await inner.ReadHeadAsync(stream, cancellationToken);
    }

    public IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        inner.ReadAsync(stream, fromSequenceNr, cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        inner.ReadSnapshotAsync(stream, cancellationToken);

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        inner.SaveSnapshotAsync(snapshot, cancellationToken);

    public ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) =>
        inner.PruneAsync(stream, throughSequenceNr, cancellationToken);

    public IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        inner.WatchAsync(stream, fromSequenceNr, cancellationToken);

    public ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken) => inner.PutLeaseAsync(name, value, duration, expectedVersion, cancellationToken);

    public ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken) =>
        inner.DeleteLeaseAsync(name, expectedVersion, cancellationToken);

    public ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ReadLeasesAsync(prefix, cancellationToken);

    public IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix, CancellationToken cancellationToken) =>
        inner.WatchLeasesAsync(prefix, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
