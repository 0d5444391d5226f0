namespace Fabric.Cluster;

/// <summary>A lease and what the observer makes of it now.</summary>
internal sealed record ObservedLease(Lease Lease, LeaseLiveness Liveness);
