namespace Fabric.Actors;

/// <summary>What a compaction dropped, and why it stopped where it did.</summary>
public sealed record CompactionReport(long DroppedEvents, long DroppedTexts, long FirstOrdering, long BytesBefore, long BytesAfter);
