using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The cluster as a node knows it at one moment.</summary>
/// <param name="Store">The cluster store's address, without credentials.</param>
/// <param name="LastContact">The last successful exchange with the store.</param>
/// <param name="Singleton">Who runs the cluster's entities, as last heard.</param>
public sealed record ClusterFacts(
    string Store, bool Reachable, DateTimeOffset? LastContact, NodeName? Singleton, ImmutableArray<MemberView> Members);
