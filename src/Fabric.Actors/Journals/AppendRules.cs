using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>What every journal checks before it looks at its storage, so that all of them refuse the same requests.</summary>
internal static class AppendRules
{
    /// <exception cref="ArgumentException">The append contradicts itself: a programmer's mistake, nothing was written.</exception>
    public static void Check(Append append)
    {
        ArgumentNullException.ThrowIfNull(append);
        if (append.Events.IsDefaultOrEmpty)
            throw new ArgumentException($"an append to {append.Stream} needs at least one event", nameof(append));
        if (append.ExpectedSequenceNr < 0)
            throw new ArgumentException($"{append.Stream}: expected sequence number {append.ExpectedSequenceNr} is negative",
                nameof(append));
        var commit = append.CommitId;
        var expected = append.ExpectedSequenceNr;
        foreach (var e in append.Events)
        {
            expected++;
            if (e.Stream != append.Stream || e.SequenceNr != expected || e.CommitId != commit)
                throw new ArgumentException($"event {e.Stream}#{e.SequenceNr} of commit {e.CommitId} does not belong at "
                    + $"{append.Stream}#{expected} of commit {commit}", nameof(append));
            if (!e.IsIntact)
                throw new ArgumentException($"event {e.Stream}#{e.SequenceNr} is not sealed: its checksum is wrong", nameof(append));
        }
    }

    public static ImmutableArray<InternedText> TextsOf(Append append) => append.Texts.IsDefault ? [] : append.Texts;

    public static void Check(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.SequenceNr < 1)
            throw new ArgumentException($"a snapshot of {snapshot.Stream} needs a sequence number from 1 on", nameof(snapshot));
    }

    /// <summary>The event as a journal keeps it: wall time in whole milliseconds of UTC, and its place in the order.</summary>
    public static EventEnvelope Stored(EventEnvelope e, long ordering) => e with
    {
        Ordering = ordering,
        WallTime = DateTimeOffset.FromUnixTimeMilliseconds(e.WallTime.ToUnixTimeMilliseconds()),
    };

    public static JournalException TextCollision(PersistenceId stream, long id) => new($"append to {stream}",
        $"text {id} is already stored with other content", isTransient: false);

    public static JournalException FoldedStream(PersistenceId stream) => new($"append to {stream}",
        "it holds the snapshot of a fold over the journal and takes no events", isTransient: false);

    public static JournalException SnapshotAhead(Snapshot snapshot, long last) => new($"save snapshot of {snapshot.Stream}",
        $"its sequence number {snapshot.SequenceNr} is beyond the stream's last one, {last}", isTransient: false);

    public static JournalException PruneWithoutSnapshot(PersistenceId stream, long through, long snapshot) => new(
        $"prune {stream} through {through}",
        snapshot == 0 ? "it has no snapshot" : $"its newest snapshot is at {snapshot}", isTransient: false);
}
