using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>What a compaction dropped, and what it could not drop.</summary>
/// <param name="FirstOrdering">The oldest event that is left; 0 if none is.</param>
/// <param name="HeldEvents">Events beyond the retention that no snapshot covers, or that the fold had not reached.</param>
/// <param name="HeldBy">The first stream whose missing snapshot held events back; null if none did.</param>
public sealed record CompactionReport(
    long DroppedEvents, long DroppedTexts, long FirstOrdering, long HeldEvents, PersistenceId? HeldBy, long BytesBefore,
    long BytesAfter);
