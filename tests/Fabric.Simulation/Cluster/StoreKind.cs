namespace Fabric.Simulation;

/// <summary>What the nodes of a run keep the cluster's streams and leases in.</summary>
internal enum StoreKind
{
    /// <summary>A store that does what every store may do, and no more.</summary>
    Contract,

    /// <summary>The Kubernetes store's own code, on an API whose requests get lost, late and answered by nobody.</summary>
    Kubernetes,
}
