namespace Fabric.Cluster;

/// <summary>Why a node's lease is no longer renewed.</summary>
public abstract record NodeLeaseEnd
{
    private NodeLeaseEnd()
    {
    }

    /// <summary>Cancelled. Without a farewell the lease runs out unless the node comes back before.</summary>
    public sealed record Stopped : NodeLeaseEnd;

    /// <summary>
    /// The lease is another's now: a newer incarnation of this node, or another node of its name. This one must stop.
    /// </summary>
    public sealed record Displaced(NodeLeaseRecord By) : NodeLeaseEnd
    {
        public string Describe() => $"node {By.Node}'s lease belongs to incarnation {By.Incarnation} of uid {By.Uid} now";
    }
}
