namespace Fabric.Cluster;

/// <summary>A member that has been silent since this incarnation; a higher one has come back.</summary>
public sealed record SilentMember(NodeRef Node, long Incarnation);
