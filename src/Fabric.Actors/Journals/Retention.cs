namespace Fabric.Actors;

/// <summary>How much history a node journal keeps; whichever limit is hit first counts.</summary>
public sealed record Retention(TimeSpan Age, long SizeBytes)
{
    /// <summary>7 days, 512 MiB.</summary>
    public static Retention Default { get; } = new(TimeSpan.FromDays(7), 512L << 20);
}
