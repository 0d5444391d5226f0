using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/members</c>: the cluster's nodes as this node knows them.</summary>
/// <param name="Node">Who answers.</param>
/// <param name="Cluster">How fresh the answer can be; null when the agent runs without a cluster store.</param>
public sealed record MembersAnswer(
    DateTimeOffset At, NodeName Node, ClusterAnswer? Cluster, ImmutableArray<MemberEntry> Members);
