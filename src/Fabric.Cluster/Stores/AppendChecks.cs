using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// What every cluster store checks before it looks at its storage, so that all of them refuse the same requests.
/// </summary>
internal static class AppendChecks
{
    /// <returns>The append's size.</returns>
    /// <exception cref="ArgumentException">
    /// The append contradicts itself or is too large; nothing was written.
    /// </exception>
    public static long Check(Append append)
    {
        AppendRules.Check(append);
        var size = ClusterStoreLimits.SizeOf(append);
        return size <= ClusterStoreLimits.MaxCommitBytes
            ? size
            : throw new ArgumentException($"an append of {append.Events.Length} events to {append.Stream} has {size} bytes; "
                + $"a commit takes at most {ClusterStoreLimits.MaxCommitBytes}", nameof(append));
    }

    public static void Check(Snapshot snapshot) => AppendRules.Check(snapshot);

    public static EventEnvelope Stored(EventEnvelope e) => AppendRules.Stored(e, ordering: 0) with { Event = null };

    public static EventEnvelope Intact(EventEnvelope e) => e.IsIntact
        ? e
        : throw new JournalException($"read {e.Stream}", $"event {e.SequenceNr} is damaged", isTransient: false);

    public static JournalException SnapshotAhead(Snapshot snapshot, long last) => AppendRules.SnapshotAhead(snapshot, last);

    public static JournalException PruneWithoutSnapshot(PersistenceId stream, long through, long snapshot) =>
        AppendRules.PruneWithoutSnapshot(stream, through, snapshot);
}
