namespace Fabric.Cluster;

/// <summary>The three ends of writing a lease.</summary>
public abstract record LeaseOutcome
{
    private LeaseOutcome()
    {
    }

    /// <param name="Version">The lease's version from now on; after a deletion, the deletion's.</param>
    public sealed record Done(long Version) : LeaseOutcome;

    /// <summary>Somebody else has written: nothing of this write took effect.</summary>
    /// <param name="Current">Null: there is no such lease.</param>
    public sealed record Conflict(Lease? Current) : LeaseOutcome;

    /// <summary>It may have taken effect or not: read the lease.</summary>
    public sealed record Unknown(string Reason) : LeaseOutcome;
}
