namespace Fabric.Actors;

/// <summary>An event as compaction sees it.</summary>
/// <param name="IsCovered">Whether the stream's newest snapshot includes it.</param>
internal readonly record struct CompactionCandidate(
    long Ordering, long Pid, bool IsCovered, DateTimeOffset WallTime, long PayloadBytes);
