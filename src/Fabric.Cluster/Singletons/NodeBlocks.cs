using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The pod CIDRs of one node as its Node object has them.</summary>
/// <param name="Cidrs">At most one of each family; never empty.</param>
public sealed record NodeBlocks(NodeRef Node, ImmutableArray<Cidr> Cidrs);
