using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Bench;

/// <summary>The store as one node reaches it: each call takes a while, and what the node is sent is counted.</summary>
internal sealed class CountingStore(IClusterStore inner, TimeProvider time, TimeSpan callTime) : IClusterStore
{
    public long Calls { get; private set; }

    /// <summary>Payloads of events and snapshots, each with what an envelope costs.</summary>
    public long EventBytes { get; private set; }

    public long LeaseBytes { get; private set; }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        return await inner.AppendAsync(append, cancellationToken);
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        return await inner.ReadHeadAsync(stream, cancellationToken);
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await foreach (var e in inner.ReadAsync(stream, fromSequenceNr, cancellationToken))
            yield return Counted(e);
    }

    public async IAsyncEnumerable<EventEnvelope> WatchAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await foreach (var e in inner.WatchAsync(stream, fromSequenceNr, cancellationToken))
            yield return Counted(e);
    }

    public async ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        var snapshot = await inner.ReadSnapshotAsync(stream, cancellationToken);
        EventBytes += snapshot?.Payload.Length ?? 0;
        return snapshot;
    }

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await inner.SaveSnapshotAsync(snapshot, cancellationToken);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await inner.PruneAsync(stream, throughSequenceNr, cancellationToken);
    }

    public async ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        return await inner.PutLeaseAsync(name, value, duration, expectedVersion, cancellationToken);
    }

    public async ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        return await inner.DeleteLeaseAsync(name, expectedVersion, cancellationToken);
    }

    public async ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        var leases = await inner.ReadLeasesAsync(prefix, cancellationToken);
        LeaseBytes += leases.Sum(l => (long)l.Value.Length);
        return leases;
    }

    public async IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await CallAsync(cancellationToken);
        await foreach (var changes in inner.WatchLeasesAsync(prefix, cancellationToken))
        {
            LeaseBytes += changes.Changes.Sum(c => (long)(c.Lease?.Value.Length ?? 0));
            yield return changes;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private EventEnvelope Counted(EventEnvelope e)
    {
        EventBytes += ClusterStoreLimits.EnvelopeBytes + e.Payload.Length;
        return e;
    }

    private Task CallAsync(CancellationToken cancellationToken)
    {
        Calls++;
        return Task.Delay(callTime, time, cancellationToken);
    }
}
