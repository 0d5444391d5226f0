using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>
/// One process's view of a shared store: <see cref="Kill"/> makes it as silent as a SIGKILL makes a process.
/// </summary>
internal sealed class Deadly(IClusterStore inner) : IClusterStore
{
    private readonly TaskCompletionSource _never = new();
    private bool _isDead;

    public void Kill() => _isDead = true;

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        await LiveAsync();
        return await inner.AppendAsync(append, cancellationToken);
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await LiveAsync();
        return await inner.ReadHeadAsync(stream, cancellationToken);
    }

    public IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        inner.ReadAsync(stream, fromSequenceNr, cancellationToken);

    public async ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await LiveAsync();
        return await inner.ReadSnapshotAsync(stream, cancellationToken);
    }

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        inner.SaveSnapshotAsync(snapshot, cancellationToken);

    public ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) =>
        inner.PruneAsync(stream, throughSequenceNr, cancellationToken);

    public IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        inner.WatchAsync(stream, fromSequenceNr, cancellationToken);

    public async ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration,
        long expectedVersion, CancellationToken cancellationToken)
    {
        await LiveAsync();
        return await inner.PutLeaseAsync(name, value, duration, expectedVersion, cancellationToken);
    }

    public async ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        await LiveAsync();
        return await inner.DeleteLeaseAsync(name, expectedVersion, cancellationToken);
    }

    public ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ReadLeasesAsync(prefix, cancellationToken);

    public IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix, CancellationToken cancellationToken) =>
        inner.WatchLeasesAsync(prefix, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task LiveAsync() => _isDead ? _never.Task : Task.CompletedTask;
}
