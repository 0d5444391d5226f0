using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A node journal in memory: the reference implementation of the contract, and the simulation's disk.</summary>
/// <remarks>
/// Every call completes before it returns; there are no threads and no timers. Any thread may call it. Disposing ends the
/// followers only: what was written stays, so that a restarted node in a simulation finds its journal again.
/// </remarks>
public sealed partial class MemoryJournal : INodeJournal
{
    // Roughly what an event costs on disk beyond its payload; compaction by size needs some number.
    private const int EnvelopeBytes = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<PersistenceId, StoredStream> _streams = [];
    private readonly List<EventEnvelope> _all = [];
    private readonly Dictionary<long, StoredText> _texts = [];
    private readonly BatchFeed _feed = new();
    private long _lastOrdering;
    private long _droppedThrough;
    private long _sizeBytes;

    public long LastOrdering
    {
        get
        {
            lock (_gate)
                return _lastOrdering;
        }
    }

    public ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        AppendRules.Check(append);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult(AppendLocked(append));
    }

    public ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult(_streams.TryGetValue(stream, out var s) ? s.Head(stream) : StreamHead.Empty(stream));
    }

    public IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            EventEnvelope[] found = _streams.TryGetValue(stream, out var s)
                ? [.. s.Events.Where(e => e.SequenceNr >= fromSequenceNr)]
                : [];
            return Enumerate(found, cancellationToken);
        }
    }

    public IAsyncEnumerable<EventEnvelope> ReadAllAsync(long fromOrdering, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var first = IndexOf(fromOrdering);
            return Enumerate([.. _all[first..]], cancellationToken);
        }
    }

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        ReadSnapshotAtAsync(stream, long.MaxValue, cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAtAsync(
        PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_streams.TryGetValue(stream, out var s)
                ? s.Snapshots.LastOrDefault(x => x.SequenceNr <= throughSequenceNr)
                : null);
        }
    }

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        AppendRules.Check(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var stream = StreamOf(snapshot.Stream);
            if (stream.LastSequenceNr > 0 && snapshot.SequenceNr > stream.LastSequenceNr)
                throw AppendRules.SnapshotAhead(snapshot, stream.LastSequenceNr);
            if (snapshot.SequenceNr < stream.SnapshotSequenceNr)
                return ValueTask.CompletedTask;
            stream.Snapshots.RemoveAll(s => s.SequenceNr == snapshot.SequenceNr);
            stream.Snapshots.Add(snapshot with { Payload = snapshot.Payload.ToArray() });
            if (stream.LastSequenceNr > 0 && stream.Snapshots.Count > 2)
                stream.Snapshots.RemoveRange(0, stream.Snapshots.Count - 2);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var snapshot = _streams.TryGetValue(stream, out var s) ? s.SnapshotSequenceNr : 0;
            if (snapshot < throughSequenceNr)
                throw AppendRules.PruneWithoutSnapshot(stream, throughSequenceNr, snapshot);
            Drop(e => e.Stream == stream && e.SequenceNr <= throughSequenceNr);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var horizon = _all.Count == 0
                ? new JournalHorizon(0, null, _lastOrdering, null, _droppedThrough, _sizeBytes)
                : new JournalHorizon(_all[0].Ordering, _all[0].WallTime, _lastOrdering, _all[^1].WallTime,
                    _droppedThrough, _sizeBytes);
            return ValueTask.FromResult(horizon);
        }
    }

    public ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return _feed.Follow(cancellationToken);
    }

    public ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(
        IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        cancellationToken.ThrowIfCancellationRequested();
        var found = ImmutableDictionary.CreateBuilder<long, string>();
        lock (_gate)
        {
            foreach (var id in ids)
            {
                if (_texts.TryGetValue(id, out var text))
                    found[id] = text.Text;
            }
        }
        return ValueTask.FromResult(found.ToImmutable());
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
            _feed.Complete();
        return ValueTask.CompletedTask;
    }

    private AppendOutcome AppendLocked(Append append)
    {
        var stream = _streams.GetValueOrDefault(append.Stream);
        if (stream is { LastSequenceNr: 0, Snapshots.Count: > 0 })
            throw AppendRules.FoldedStream(append.Stream);
        if ((stream?.LastSequenceNr ?? 0) != append.ExpectedSequenceNr)
            return new AppendOutcome.Conflict(stream?.Head(append.Stream) ?? StreamHead.Empty(append.Stream));
        var texts = AppendRules.TextsOf(append);
        foreach (var text in texts)
        {
            if (_texts.TryGetValue(text.Id, out var held) && held.Text != text.Text)
                throw AppendRules.TextCollision(append.Stream, text.Id);
        }
        stream ??= StreamOf(append.Stream);
        var first = _lastOrdering + 1;
        var batch = ImmutableArray.CreateBuilder<EventEnvelope>(append.Events.Length);
        foreach (var e in append.Events)
        {
            var stored = AppendRules.Stored(e, ++_lastOrdering);
            batch.Add(stored);
            stream.Events.Add(stored);
            _all.Add(stored);
            _sizeBytes += EnvelopeBytes + stored.Payload.Length;
        }
        foreach (var text in texts)
        {
            _sizeBytes += _texts.ContainsKey(text.Id) ? 0 : text.Text.Length;
            _texts[text.Id] = new StoredText(text.Text, _lastOrdering);
        }
        stream.LastSequenceNr = append.LastSequenceNr;
        stream.LastCommitId = append.CommitId;
        _feed.Publish(batch.MoveToImmutable());
        return new AppendOutcome.Appended(stream.Head(append.Stream), first);
    }

    private StoredStream StreamOf(PersistenceId id)
    {
        if (!_streams.TryGetValue(id, out var stream))
            _streams[id] = stream = new StoredStream();
        return stream;
    }

    // The index of the first event at or after an ordering: pruning leaves gaps, so it is searched for.
    private int IndexOf(long ordering)
    {
        var (low, high) = (0, _all.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_all[middle].Ordering < ordering)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static async IAsyncEnumerable<EventEnvelope> Enumerate(
        EventEnvelope[] events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        foreach (var e in events)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!e.IsIntact)
                throw new JournalException($"read {e.Stream}", $"event {e.SequenceNr} at ordering {e.Ordering} is damaged",
                    isTransient: false);
            yield return e;
        }
    }

    private sealed class StoredStream
    {
        public long LastSequenceNr { get; set; }

        public CommitId? LastCommitId { get; set; }

        public List<EventEnvelope> Events { get; } = [];

        public List<Snapshot> Snapshots { get; } = [];

        public long SnapshotSequenceNr => Snapshots.Count > 0 ? Snapshots[^1].SequenceNr : 0;

        public StreamHead Head(PersistenceId id) => new(id, LastSequenceNr, LastCommitId, SnapshotSequenceNr);
    }

    private sealed record StoredText(string Text, long LastOrdering);
}
