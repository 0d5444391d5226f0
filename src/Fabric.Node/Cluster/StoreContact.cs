namespace Fabric.Node;

/// <summary>When the cluster store last answered this node, and what is wrong if it does not.</summary>
/// <remarks>Lives on the event loop.</remarks>
public sealed class StoreContact(TimeProvider time, AgentLog log)
{
    /// <summary>Why the store can't be read; null after an answer.</summary>
    public string? Fault { get; private set; } = "not reached yet";

    public DateTimeOffset? LastAt { get; private set; }

    public void Reached()
    {
        Fault = null;
        LastAt = time.GetUtcNow();
    }

    public void Interrupted(string reason)
    {
        if (Fault != reason)
            log.Warn($"the cluster store can't be read, what is known holds: {reason}");
        Fault = reason;
    }
}
