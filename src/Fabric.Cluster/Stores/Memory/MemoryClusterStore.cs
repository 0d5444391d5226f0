using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// A cluster store in memory: the reference implementation of the contract, and the simulation's store.
/// </summary>
/// <remarks>
/// Every call but a watch completes before it returns. There are no threads and no timers; a watcher resumes where its
/// caller's synchronization context puts it. Disposing changes nothing, since nodes share one instance.
/// </remarks>
public sealed class MemoryClusterStore : IClusterStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PersistenceId, StoredStream> _streams = [];
    private readonly Dictionary<string, StoredLease> _leases = new(StringComparer.Ordinal);
    // Newest last: a watcher that was woken for one lease must not look at thousands of others.
    private readonly SortedSet<(long Version, string Name)> _leaseVersions = [];
    // By prefix: a thousand watchers of one lease must not wake for each of a thousand others.
    private readonly Dictionary<string, ChangeSignal> _leaseChanged = new(StringComparer.Ordinal);
    private long _leaseVersion;
    private long _commits;
    private long _largestCommitBytes;

    /// <summary>How many appends have succeeded.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>The size of the largest append, as <see cref="ClusterStoreLimits.SizeOf"/> counts it.</summary>
    public long LargestCommitBytes => Interlocked.Read(ref _largestCommitBytes);

    public ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        var size = AppendChecks.Check(append);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var stream = StreamOf(append.Stream);
            if (stream.LastSequenceNr != append.ExpectedSequenceNr)
                return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Conflict(stream.Head(append.Stream)));
            foreach (var e in append.Events)
                stream.Events.Add(AppendChecks.Stored(e));
            stream.LastSequenceNr = append.LastSequenceNr;
            stream.LastCommitId = append.CommitId;
            _commits++;
            _largestCommitBytes = Math.Max(_largestCommitBytes, size);
            stream.Changed.Raise();
            return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Appended(stream.Head(append.Stream), 0));
        }
    }

    public ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult(StreamOf(stream).Head(stream));
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        foreach (var e in EventsFrom(stream, fromSequenceNr))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return AppendChecks.Intact(e);
        }
    }

    public async IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        while (true)
        {
            ChangeSignal changed;
            long seen;
            EventEnvelope[] events;
            lock (_gate)
            {
                var stored = StreamOf(stream);
                changed = stored.Changed;
                seen = changed.Count;
                events = EventsFrom(stream, next);
                var available = events.Length > 0 ? events[0].SequenceNr : stored.LastSequenceNr + 1;
                if (available > next)
                    throw new StreamGapException(stream, next, available);
            }
            foreach (var e in events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return AppendChecks.Intact(e);
                next++;
            }
            if (events.Length == 0)
                await changed.WaitAsync(seen, cancellationToken);
        }
    }

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult(StreamOf(stream).Snapshot);
    }

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        AppendChecks.Check(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var stream = StreamOf(snapshot.Stream);
            if (snapshot.SequenceNr > stream.LastSequenceNr)
                throw AppendChecks.SnapshotAhead(snapshot, stream.LastSequenceNr);
            if (snapshot.SequenceNr >= (stream.Snapshot?.SequenceNr ?? 0))
                stream.Snapshot = snapshot with { Payload = snapshot.Payload.ToArray() };
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var stored = StreamOf(stream);
            if ((stored.Snapshot?.SequenceNr ?? 0) < throughSequenceNr)
                throw AppendChecks.PruneWithoutSnapshot(stream, throughSequenceNr, stored.Snapshot?.SequenceNr ?? 0);
            stored.Events.RemoveAll(e => e.SequenceNr <= throughSequenceNr);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return WriteLease(name, expectedVersion, version => new Lease(name, version, duration, value.ToArray()), cancellationToken);
    }

    public ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken) =>
        WriteLease(name, expectedVersion, _ => null, cancellationToken);

    public ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult<ImmutableArray<Lease>>([.. ChangesSince(prefix, 0).Select(c => c.Lease).OfType<Lease>()]);
    }

    public async IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChangeSignal? signal;
        lock (_gate)
        {
            if (!_leaseChanged.TryGetValue(prefix, out signal))
                _leaseChanged[prefix] = signal = new ChangeSignal();
        }
        var seen = -1L;
        while (true)
        {
            long raised;
            ImmutableArray<LeaseChange> changes;
            var complete = seen < 0;
            lock (_gate)
            {
                raised = signal.Count;
                changes = ChangesSince(prefix, Math.Max(seen, 0));
                seen = _leaseVersion;
            }
            cancellationToken.ThrowIfCancellationRequested();
            if (complete)
                yield return new LeaseChanges(true, [.. changes.Where(c => c.Lease is not null)]);
            else if (!changes.IsEmpty)
                yield return new LeaseChanges(false, changes);
            await signal.WaitAsync(raised, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<LeaseOutcome> WriteLease(
        string name, long expectedVersion, Func<long, Lease?> write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var stored = _leases.GetValueOrDefault(name);
            if ((stored?.Lease?.Version ?? 0) != expectedVersion)
                return ValueTask.FromResult<LeaseOutcome>(new LeaseOutcome.Conflict(stored?.Lease));
            if (stored is not null)
                _leaseVersions.Remove((stored.Version, name));
            _leases[name] = new StoredLease(++_leaseVersion, write(_leaseVersion));
            _leaseVersions.Add((_leaseVersion, name));
            foreach (var (prefix, signal) in _leaseChanged)
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                    signal.Raise();
            }
            return ValueTask.FromResult<LeaseOutcome>(new LeaseOutcome.Done(_leaseVersion));
        }
    }

    /// <returns>In the order of the names.</returns>
    private ImmutableArray<LeaseChange> ChangesSince(string prefix, long version) =>
    [
        .. _leaseVersions.GetViewBetween((version + 1, ""), (long.MaxValue, ""))
            .Select(l => l.Name)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new LeaseChange(name, _leases[name].Lease)),
    ];

    private EventEnvelope[] EventsFrom(PersistenceId stream, long fromSequenceNr)
    {
        lock (_gate)
        {
            var events = StreamOf(stream).Events;
            var skip = events.Count == 0 ? 0 : (int)Math.Clamp(fromSequenceNr - events[0].SequenceNr, 0, events.Count);
            return [.. events[skip..]];
        }
    }

    private StoredStream StreamOf(PersistenceId id)
    {
        if (!_streams.TryGetValue(id, out var stream))
            _streams[id] = stream = new StoredStream();
        return stream;
    }

    private sealed class StoredStream
    {
        public long LastSequenceNr { get; set; }

        public CommitId? LastCommitId { get; set; }

        public List<EventEnvelope> Events { get; } = [];

        public Snapshot? Snapshot { get; set; }

        public ChangeSignal Changed { get; } = new();

        public StreamHead Head(PersistenceId id) => new(id, LastSequenceNr, LastCommitId, Snapshot?.SequenceNr ?? 0);
    }

    // A deleted lease stays as a version without content, so that watchers learn of the deletion.
    private sealed record StoredLease(long Version, Lease? Lease);
}
