using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>When the cluster store last answered this node, and what is wrong if it does not.</summary>
/// <remarks>Lives on the event loop.</remarks>
public sealed class StoreContact(TimeProvider time, AgentLog log)
{
    /// <summary>Raised when the store is reached again or lost, and by those who learn something from it.</summary>
    public ChangeSignal Changes { get; } = new();

    /// <summary>Why the store can't be read; null after an answer.</summary>
    public string? Fault { get; private set; } = "not reached yet";

    public DateTimeOffset? LastAt { get; private set; }

    public void Reached()
    {
        var isNews = Fault is not null;
        Fault = null;
        LastAt = time.GetUtcNow();
        if (isNews)
            Changes.Raise();
    }

    public void Interrupted(string reason)
    {
        if (Fault == reason)
            return;
        log.Warn($"the cluster store can't be read, what is known holds: {reason}");
        Fault = reason;
        Changes.Raise();
    }
}
