namespace Fabric.Messages;

/// <summary>What the node knows of the cluster store.</summary>
/// <param name="LastContact">The last successful exchange; null if there was none since the start.</param>
/// <param name="Singleton">The node that runs the cluster's entities, as last heard.</param>
public sealed record ClusterAnswer(string Store, bool Reachable, DateTimeOffset? LastContact, NodeName? Singleton);
