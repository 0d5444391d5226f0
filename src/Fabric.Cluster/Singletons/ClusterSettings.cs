using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>
/// What every node of a cluster is configured with alike; the first holder of the singleton records it.
/// </summary>
/// <param name="Cluster">The key of the <c>membership</c> and <c>podcidr</c> streams.</param>
/// <param name="LeaseDuration">For node leases and the singleton's alike.</param>
/// <param name="RemovalAfter">A member that has been silent for so long leaves the meshes and keeps its CIDR; null: never.</param>
/// <param name="Quarantine">How long a freed pod CIDR rests.</param>
/// <param name="PodCidrSource"><see cref="PodCidr.SourceFabric"/> or <see cref="PodCidr.SourceKubernetes"/>.</param>
/// <param name="Meshes">The overlay networks that every node is in.</param>
public sealed record ClusterSettings(
    string Cluster,
    TimeSpan LeaseDuration,
    TimeSpan? RemovalAfter,
    TimeSpan Quarantine,
    string PodCidrSource,
    ImmutableArray<ClusterCidr> ClusterCidrs,
    ImmutableArray<VtepMesh.Command.Open> Meshes)
{
    public StreamRules Streams { get; init; } = StreamRules.Default;
}
