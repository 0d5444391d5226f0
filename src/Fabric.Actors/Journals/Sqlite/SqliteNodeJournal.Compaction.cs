using Fabric.Messages;

namespace Fabric.Actors;

public sealed partial class SqliteNodeJournal
{
    // Small enough that an append waits a few milliseconds at most.
    private const int EventsPerStep = 250;
    private const int PagesPerStep = 128;

    // What an event takes beside its payload: row, two index entries, half-empty pages.
    private const int RowBytes = 130;

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        while (await OnWriterAsync(w => w.Prune(stream, throughSequenceNr, EventsPerStep), cancellationToken))
        {
        }
    }

    public async ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering,
        IReadOnlySet<long>? liveTexts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(retention);
        var before = Read(r => r.SizeBytes);
        var tally = await DropEventsAsync(retention, foldedOrdering, now, cancellationToken);
        await OnWriterAsync(w => w.DropFoldSnapshots(), cancellationToken);
        var texts = liveTexts is null ? 0 : await DropTextsAsync(liveTexts, cancellationToken);
        while (await OnWriterAsync(w => w.Vacuum(PagesPerStep), cancellationToken))
        {
        }
        var (first, after) = Read(r => (r.FirstOrdering, r.SizeBytes));
        return new CompactionReport(tally.Dropped, texts, first, tally.Held, tally.HeldBy, before, after);
    }

    // Chosen on a reader's connection, deleted on the writer's. A choice can't go stale: snapshots only advance.
    private async Task<Tally> DropEventsAsync(
        Retention retention, long folded, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var tally = new Tally { Size = Read(r => r.UsedBytes) };
        var oldest = now - retention.Age;
        for (var after = 0L; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var candidates = Read(r => r.Candidates(after, EventsPerStep));
            var drop = new List<long>();
            var finished = candidates.Count < EventsPerStep;
            foreach (var candidate in candidates)
            {
                if (candidate.WallTime >= oldest && tally.Size <= retention.SizeBytes)
                {
                    finished = true;
                    break;
                }
                after = candidate.Ordering;
                if (candidate.Ordering <= folded && candidate.IsCovered)
                {
                    drop.Add(candidate.Ordering);
                    tally.Size -= RowBytes + candidate.PayloadBytes;
                }
                else
                {
                    Hold(tally, candidate, folded);
                }
            }
            if (drop.Count > 0)
                await OnWriterAsync(w => w.DropEvents(drop), cancellationToken);
            tally.Dropped += drop.Count;
            if (finished)
                return tally;
        }
    }

    private void Hold(Tally tally, CompactionCandidate candidate, long folded)
    {
        tally.Held++;
        if (candidate.Ordering <= folded)
            tally.HeldBy ??= Read(r => r.Rows.StreamOf(candidate.Pid));
    }

    private async Task<long> DropTextsAsync(IReadOnlySet<long> live, CancellationToken cancellationToken)
    {
        var before = Read(r => r.FirstOrdering is > 0 and var first ? first : r.LastOrdering + 1);
        var dropped = 0L;
        for (var after = long.MinValue; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stale = Read(r => r.StaleTexts(after, before, EventsPerStep));
            var dead = stale.FindAll(id => !live.Contains(id));
            if (dead.Count > 0)
                dropped += await OnWriterAsync(w => w.DropTexts(dead, before), cancellationToken);
            if (stale.Count < EventsPerStep)
                return dropped;
            after = stale[^1];
        }
    }

    private sealed class Tally
    {
        public long Size { get; set; }

        public long Dropped { get; set; }

        public long Held { get; set; }

        public PersistenceId? HeldBy { get; set; }
    }
}
