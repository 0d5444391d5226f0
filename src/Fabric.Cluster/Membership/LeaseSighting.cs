namespace Fabric.Cluster;

/// <summary>A node's lease as an observer sees it.</summary>
public sealed record LeaseSighting(NodeLeaseRecord Lease, LeaseLiveness Liveness);
