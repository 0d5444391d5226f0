using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>Where an append's commit goes, and which commits leave the tail for it.</summary>
/// <param name="TakesNewest">The newest segment's commits are written again, before the spilled ones: it is not full yet.</param>
/// <param name="Spilled">What goes to segments; empty if the tail has room.</param>
/// <param name="Tail">What the journal holds itself from now on.</param>
internal sealed record JournalPlan(bool TakesNewest, ImmutableArray<StoredCommit> Spilled, ImmutableArray<StoredCommit> Tail, int TailSize)
{
    private const int CommitOverhead = 100;

    public static JournalPlan For(JournalSpec head, StoredCommit next, JournalSizes sizes)
    {
        var size = JournalRecords.StoredBytes(next);
        if (head.TailBytes + size <= sizes.TailBytes)
            return new JournalPlan(false, [], head.Tail.Add(next), head.TailBytes + size);
        var all = head.Tail.Add(next);
        var (kept, bytes) = (0, 0);
        // The newest stays whatever its size, if it fits at all; those before it as far as there is room.
        for (var i = all.Length - 1; i >= 0; i--, kept++)
        {
            var more = JournalRecords.StoredBytes(all[i]);
            if (bytes + more > (kept == 0 ? sizes.TailBytes : sizes.KeptBytes))
                break;
            bytes += more;
        }
        var spilled = all[..^kept];
        var takesNewest = head.Segments is [.., var newest] && newest.Bytes < sizes.SegmentBytes
            && newest.Bytes + (long)spilled.Sum(JournalRecords.StoredBytes) <= sizes.MaxSegmentBytes;
        return new JournalPlan(takesNewest, spilled, all[^kept..], bytes);
    }

    /// <summary>Commits in pieces for one segment each; one that is too large is divided between its events.</summary>
    public static ImmutableArray<(ImmutableArray<StoredCommit> Commits, int Bytes)> Pieces(
        IEnumerable<StoredCommit> commits, JournalSizes sizes)
    {
        var pieces = ImmutableArray.CreateBuilder<(ImmutableArray<StoredCommit>, int)>();
        var piece = ImmutableArray.CreateBuilder<StoredCommit>();
        var bytes = 0;
        foreach (var (commit, size) in commits.SelectMany(c => Divided(c, sizes.MaxSegmentBytes)))
        {
            if (bytes > 0 && bytes + size > sizes.MaxSegmentBytes)
                Close();
            piece.Add(commit);
            bytes += size;
        }
        if (bytes > 0)
            Close();
        return pieces.ToImmutable();

        void Close()
        {
            pieces.Add((piece.ToImmutable(), bytes));
            piece.Clear();
            bytes = 0;
        }
    }

    /// <summary>What stays of a head's commits when events up to a number go.</summary>
    public static JournalSpec Pruned(JournalSpec head, long through)
    {
        // What a pruned event shares a segment or a commit with stays, and the pruned event with it.
        ImmutableArray<SegmentRef> segments = [.. head.Segments.Where(s => s.Last > through)];
        ImmutableArray<StoredCommit> tail = [.. head.Tail.Where(c => c.Last > through)];
        return head with
        {
            Pruned = through,
            Segments = segments,
            SegmentCount = segments.Length,
            Tail = tail,
            TailBytes = tail.Sum(JournalRecords.StoredBytes),
        };
    }

    private static IEnumerable<(StoredCommit Commit, int Bytes)> Divided(StoredCommit commit, int most)
    {
        var size = JournalRecords.StoredBytes(commit);
        if (size <= most)
        {
            yield return (commit, size);
            yield break;
        }
        var (from, bytes) = (0, CommitOverhead);
        for (var i = 0; i < commit.Events.Length; i++)
        {
            var more = JournalRecords.StoredBytes(commit with { Events = [commit.Events[i]] });
            if (i > from && bytes + more > most)
            {
                yield return (Part(from, i), bytes);
                (from, bytes) = (i, CommitOverhead);
            }
            bytes += more;
        }
        yield return (Part(from, commit.Events.Length), bytes);

        StoredCommit Part(int begin, int end) => commit with { First = commit.First + begin, Events = commit.Events[begin..end] };
    }
}
