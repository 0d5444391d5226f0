namespace Fabric.Cluster;

/// <summary>What came of writing a lease that one holds or wants.</summary>
internal abstract record HoldOutcome
{
    private HoldOutcome()
    {
    }

    public sealed record Held : HoldOutcome;

    /// <param name="Current">Null: it has been deleted.</param>
    public sealed record Taken(Lease? Current) : HoldOutcome;

    public sealed record Unsure(string Reason) : HoldOutcome;
}
