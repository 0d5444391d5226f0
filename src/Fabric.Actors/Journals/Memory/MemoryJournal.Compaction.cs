using Fabric.Messages;

namespace Fabric.Actors;

public sealed partial class MemoryJournal
{
    public ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering, IReadOnlySet<long>? liveTexts,
        DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(retention);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var before = _sizeBytes;
            var (dropped, held, heldBy) = DropEvents(retention, foldedOrdering, now);
            DropFoldSnapshots();
            var texts = liveTexts is null ? 0 : DropTexts(liveTexts);
            return ValueTask.FromResult(new CompactionReport(dropped, texts, _all.Count > 0 ? _all[0].Ordering : 0, held, heldBy,
                before, _sizeBytes));
        }
    }

    private (long Dropped, long Held, PersistenceId? HeldBy) DropEvents(Retention retention, long folded, DateTimeOffset now)
    {
        var oldest = now - retention.Age;
        var size = _sizeBytes;
        var (held, heldBy) = (0L, (PersistenceId?)null);
        var drop = new HashSet<long>();
        foreach (var e in _all)
        {
            if (e.WallTime >= oldest && size <= retention.SizeBytes)
                break;
            if (e.Ordering > folded)
            {
                held++;
            }
            else if (e.SequenceNr > _streams[e.Stream].SnapshotSequenceNr)
            {
                held++;
                heldBy ??= e.Stream;
            }
            else
            {
                drop.Add(e.Ordering);
                size -= EnvelopeBytes + e.Payload.Length;
            }
        }
        Drop(e => drop.Contains(e.Ordering));
        return (drop.Count, held, heldBy);
    }

    private void Drop(Predicate<EventEnvelope> which)
    {
        foreach (var e in _all.Where(e => which(e)))
        {
            _sizeBytes -= EnvelopeBytes + e.Payload.Length;
            _droppedThrough = Math.Max(_droppedThrough, e.Ordering);
            // A stream's events leave in the order in which they came, so the first one is always the right one.
            _streams[e.Stream].Events.RemoveAt(0);
        }
        _all.RemoveAll(which);
    }

    // A fold that stands before the last dropped event can't be continued: the events after it are no longer all there.
    private void DropFoldSnapshots()
    {
        foreach (var stream in _streams.Values)
        {
            if (stream is { LastSequenceNr: 0, Snapshots.Count: > 1 })
            {
                var newest = stream.SnapshotSequenceNr;
                stream.Snapshots.RemoveAll(s => s.SequenceNr < _droppedThrough && s.SequenceNr != newest);
            }
        }
    }

    private long DropTexts(IReadOnlySet<long> live)
    {
        var first = _all.Count > 0 ? _all[0].Ordering : _lastOrdering + 1;
        var dead = _texts.Where(t => t.Value.LastOrdering < first && !live.Contains(t.Key)).ToList();
        foreach (var (id, text) in dead)
        {
            _sizeBytes -= text.Text.Length;
            _texts.Remove(id);
        }
        return dead.Count;
    }
}
