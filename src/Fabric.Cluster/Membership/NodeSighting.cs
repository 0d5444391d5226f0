using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>What counts of a Node object.</summary>
/// <param name="ObjectUid">Another object of the same name has another one.</param>
/// <param name="PodCidrs">As <c>spec.podCIDRs</c> has them; empty while no allocator has given it any.</param>
public sealed record NodeSighting(NodeName Node, string ObjectUid, ImmutableArray<Cidr> PodCidrs);
