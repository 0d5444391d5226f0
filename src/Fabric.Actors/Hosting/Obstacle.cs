namespace Fabric.Actors;

/// <summary>Why an entity could not be recovered.</summary>
/// <param name="MayPass">The journal could not be read just now; otherwise only another version of the agent can help.</param>
internal sealed record Obstacle(string Reason, bool MayPass)
{
    /// <summary>How often recovery is tried again while nothing else happens.</summary>
    public static TimeSpan RetryInterval { get; } = TimeSpan.FromSeconds(1);
}
