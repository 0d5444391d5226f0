namespace Fabric.Actors;

/// <summary>Where a node journal's knowledge begins and ends.</summary>
/// <param name="FirstOrdering">0 in an empty journal.</param>
/// <param name="LastOrdering">0 in an empty journal.</param>
/// <param name="DroppedThrough">
/// The highest ordering that was ever dropped, 0 if none: every event after it is there, before it some may be missing.
/// </param>
/// <param name="SizeBytes">The journal's size on disk, or in memory.</param>
public sealed record JournalHorizon(
    long FirstOrdering, DateTimeOffset? FirstTime, long LastOrdering, DateTimeOffset? LastTime,
    long DroppedThrough, long SizeBytes);
