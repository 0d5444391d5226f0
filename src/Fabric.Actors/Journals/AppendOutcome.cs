namespace Fabric.Actors;

/// <summary>The three ends of an append.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome()
    {
    }

    /// <param name="FirstOrdering">The first event's place in a node journal's order; 0 in a cluster journal.</param>
    public sealed record Appended(StreamHead Head, long FirstOrdering) : AppendOutcome;

    /// <summary>Somebody else has written: nothing of this append is in the journal.</summary>
    public sealed record Conflict(StreamHead Head) : AppendOutcome;

    /// <summary>It may be in the journal or not: read the stream, one's own commit id there means it is.</summary>
    public sealed record Unknown(string Reason) : AppendOutcome;
}
