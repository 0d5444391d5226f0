namespace Fabric.Cluster;

/// <summary>What has become of a lease.</summary>
/// <param name="Lease">Null: it was deleted.</param>
public sealed record LeaseChange(string Name, Lease? Lease);
