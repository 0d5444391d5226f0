using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A node as a holder of things: the uid holds, the name is for people.</summary>
public sealed record NodeRef(NodeName Node, string Uid);
