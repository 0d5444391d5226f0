namespace Fabric.Messages;

/// <summary>The node's journal.</summary>
/// <param name="DroppedThrough">The horizon: before this ordering events may be missing; 0 if none ever was dropped.</param>
/// <param name="Failure">Why the journal could not be read; the numbers are 0 then.</param>
public sealed record JournalAnswer(
    string Path,
    long SizeBytes,
    long FirstOrdering,
    DateTimeOffset? FirstTime,
    long LastOrdering,
    DateTimeOffset? LastTime,
    long DroppedThrough,
    string? Failure);
