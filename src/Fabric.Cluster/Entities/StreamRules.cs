using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What a member reads and writes in the cluster's streams, and how much of them it leaves in the store.</summary>
/// <param name="Catalog">The events that its version knows; those of another version may be others.</param>
/// <param name="SnapshotEvery">After so many events a snapshot is stored.</param>
/// <param name="KeepEvents">
/// So many events before a snapshot stay, so that a watcher that lags a little needs no snapshot.
/// </param>
public sealed record StreamRules(EventCatalog Catalog, int SnapshotEvery, int KeepEvents)
{
    public static StreamRules Default { get; } = new(ClusterEvents.Catalog, 1_000, 4_000);
}
