namespace Fabric.Actors;

/// <summary>A time in which a record stream could not be written.</summary>
internal sealed record RecordGap(DateTimeOffset From, string Reason)
{
    /// <summary>How often writing is tried again while nothing else happens.</summary>
    public static TimeSpan RetryInterval { get; } = TimeSpan.FromSeconds(1);
}
