using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/networks</c>: the cluster's virtual networks as this node knows them, the default network excepted.</summary>
/// <param name="Node">Who answers.</param>
/// <param name="Cluster">How fresh the answer can be; null when the agent runs without a cluster store.</param>
public sealed record NetworksAnswer(DateTimeOffset At, NodeName Node, ClusterAnswer? Cluster, ImmutableArray<NetworkEntry> Networks);
