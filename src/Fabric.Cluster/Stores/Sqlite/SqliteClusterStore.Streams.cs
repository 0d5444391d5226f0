using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Reading, watching and pruning streams.</summary>
public sealed partial class SqliteClusterStore
{
    private const int EventsPerRead = 500;

    private readonly ChangeSignal _changed = new();
    private readonly SqliteStatement _events;
    private readonly SqliteStatement _saveSnapshot;
    private readonly SqliteStatement _dropSnapshots;
    private readonly SqliteStatement _prune;
    private readonly SqliteStatement _dataVersion;
    private long _lastDataVersion;

    public ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        Read(() => _rows.Head(stream), cancellationToken);

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var from = fromSequenceNr;
            var events = await Read(() => Events(stream, from), cancellationToken);
            foreach (var e in events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return e;
            }
            if (events.Count < EventsPerRead)
                yield break;
            fromSequenceNr = events[^1].SequenceNr + 1;
        }
    }

    public async IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(fromSequenceNr, 1);
        while (true)
        {
            var seen = _changed.Count;
            var from = next;
            // The head first: what another process appends in between is read too, and never looks like a gap.
            var (last, events) = await Read(() => (_rows.Head(stream).LastSequenceNr, Events(stream, from)), cancellationToken);
            var available = events.Count > 0 ? events[0].SequenceNr : last + 1;
            if (available > next)
                throw new StreamGapException(stream, next, available);
            foreach (var e in events)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return e;
                next++;
            }
            if (events.Count == 0)
                await _changed.WaitAsync(seen, cancellationToken);
        }
    }

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        Read(() => _rows.Snapshot(stream, long.MaxValue), cancellationToken);

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        AppendChecks.Check(snapshot);
        await Run(() => Transact(() => SaveSnapshot(snapshot)), cancellationToken);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) =>
        await Run(() => Transact(() => Prune(stream, throughSequenceNr)), cancellationToken);

    private List<EventEnvelope> Events(PersistenceId stream, long fromSequenceNr)
    {
        var events = new List<EventEnvelope>();
        if (_rows.Streams.Find(stream.Value) is not { } pid)
            return events;
        try
        {
            _events.Bind(1, pid).Bind(2, fromSequenceNr).Bind(3, EventsPerRead);
            while (_events.Step())
                events.Add(_rows.Event(_events) with { Ordering = 0 });
            return events;
        }
        finally
        {
            _events.Reset();
        }
    }

    private bool SaveSnapshot(Snapshot snapshot)
    {
        var head = _rows.Head(snapshot.Stream);
        if (snapshot.SequenceNr > head.LastSequenceNr)
            throw AppendChecks.SnapshotAhead(snapshot, head.LastSequenceNr);
        if (snapshot.SequenceNr < head.SnapshotSequenceNr)
            return false;
        var pid = _rows.Streams.Intern(snapshot.Stream.Value);
        _saveSnapshot.Bind(1, pid).Bind(2, snapshot.SequenceNr).Bind(3, _rows.Manifests.Intern(snapshot.Manifest))
            .Bind(4, (long)snapshot.Hlc.Bits).Bind(5, JournalRows.SnapshotChecksum(snapshot)).BindPinned(6, snapshot.Payload).Run();
        // The one before stays until this one has been followed by another: whoever stored it may not have read it back
        // yet.
        _dropSnapshots.Bind(1, pid).Bind(2, head.SnapshotSequenceNr).Run();
        return true;
    }

    private bool Prune(PersistenceId stream, long through)
    {
        var head = _rows.Head(stream);
        if (head.SnapshotSequenceNr < through)
            throw AppendChecks.PruneWithoutSnapshot(stream, through, head.SnapshotSequenceNr);
        if (_rows.Streams.Find(stream.Value) is { } pid)
            _prune.Bind(1, pid).Bind(2, through).Run();
        return true;
    }

    private void Poll()
    {
        // A call that is under way on this connection raises the signal itself, or the next tick finds what it did not.
        if (!_gate.TryEnter())
            return;
        try
        {
            if (_isClosed || _dataVersion.Scalar() is { } version && version == _lastDataVersion)
                return;
            _lastDataVersion = _dataVersion.Scalar() ?? 0;
        }
        catch (JournalException)
        {
            // Watchers are woken and find out for themselves: their own reading fails, with its reason.
            _lastDataVersion = -1;
        }
        finally
        {
            _gate.Exit();
        }
        _changed.Raise();
    }
}
