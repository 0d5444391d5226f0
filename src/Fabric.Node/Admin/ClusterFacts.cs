using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The cluster as a node knows it at one moment.</summary>
/// <param name="Store">The cluster store's address, without credentials.</param>
/// <param name="LastContact">The last successful exchange with the store.</param>
/// <param name="Singleton">Who runs the cluster's entities, as last heard.</param>
/// <param name="IsSingleton">Whether that is this node, surely.</param>
/// <param name="Stalls">Why streams can't be read on by this version.</param>
/// <param name="Conditions">What else is wrong and keeps no pod from being attached.</param>
public sealed record ClusterFacts(
    string Store, bool Reachable, DateTimeOffset? LastContact, NodeName? Singleton, bool IsSingleton, ImmutableArray<MemberView> Members,
    ImmutableArray<ClusterCidrUse> ClusterCidrs, ImmutableArray<string> Stalls, ImmutableArray<string> Conditions)
{
    /// <summary>The virtual networks, in the order of their names.</summary>
    public ImmutableArray<VirtualNetworks.Network> Networks { get; init; } = [];
}
