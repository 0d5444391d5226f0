using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>A virtual network.</summary>
/// <param name="Nodes">Those that hold a block or a claimed address of it, in order.</param>
public sealed record NetworkEntry(NetworkName Network, Vni Vni, ImmutableArray<SubnetEntry> Subnets, ImmutableArray<NodeName> Nodes);
