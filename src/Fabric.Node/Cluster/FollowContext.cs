using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What those who follow the cluster's streams share.</summary>
public sealed record FollowContext(
    IClusterStore Store, EventCatalog Catalog, ClusterEventCopies Copies, StoreContact Contact, TimeProvider Time, AgentLog Log);
