using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>What those who follow the cluster's streams share.</summary>
public sealed record FollowContext(
    IClusterStore Store, ClusterEventCopies Copies, StoreContact Contact, TimeProvider Time, AgentLog Log);
