namespace Fabric.Actors;

/// <summary>Where a node journal's knowledge begins and ends.</summary>
/// <param name="FirstOrdering">0 in an empty journal.</param>
/// <param name="LastOrdering">0 in an empty journal.</param>
/// <param name="SizeBytes">The journal's size on disk, or in memory.</param>
public sealed record JournalHorizon(
    long FirstOrdering, DateTimeOffset? FirstTime, long LastOrdering, DateTimeOffset? LastTime, long SizeBytes);
