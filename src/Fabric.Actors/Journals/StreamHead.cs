using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A stream's end: never deleted, so sequence numbers survive pruning.</summary>
/// <param name="LastSequenceNr">0 for a stream that has never been written.</param>
/// <param name="LastCommitId">Null for a stream that has never been written.</param>
/// <param name="SnapshotSequenceNr">The sequence number of the newest snapshot; 0 if there is none.</param>
public sealed record StreamHead(PersistenceId Stream, long LastSequenceNr, CommitId? LastCommitId, long SnapshotSequenceNr)
{
    public static StreamHead Empty(PersistenceId stream) => new(stream, 0, null, 0);
}
