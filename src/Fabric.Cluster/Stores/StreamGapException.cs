using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// A watch can't go on from where it was asked to: events there were pruned. Read the snapshot and watch from there.
/// </summary>
public sealed class StreamGapException(PersistenceId stream, long wantedSequenceNr, long nextSequenceNr)
    : Exception($"watch {stream}: event {wantedSequenceNr} was pruned; the next one is {nextSequenceNr}")
{
    public PersistenceId Stream { get; } = stream;

    public long WantedSequenceNr { get; } = wantedSequenceNr;

    /// <summary>The oldest event that can be read, or the number after the head's if there is none.</summary>
    public long NextSequenceNr { get; } = nextSequenceNr;
}
