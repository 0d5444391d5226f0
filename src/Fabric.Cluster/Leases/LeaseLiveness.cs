namespace Fabric.Cluster;

/// <summary>What one observer can say of a lease, by its own monotonic clock.</summary>
public enum LeaseLiveness
{
    /// <summary>
    /// It was there when the observer began to look and has not been renewed since; its duration has not passed yet.
    /// </summary>
    Unproven,

    /// <summary>The observer saw a renewal less than the lease's duration ago.</summary>
    Live,

    /// <summary>No renewal for at least the lease's duration.</summary>
    Expired,
}
