using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>A virtual network's addresses of one family.</summary>
/// <param name="Used">Blocks that nodes hold.</param>
/// <param name="Resting">Blocks that came back less than the quarantine ago.</param>
/// <param name="Claimed">Addresses that pods asked for outside their node's block.</param>
/// <param name="Blocks">Blocks that there are; at most 2^63 - 1 is told.</param>
public sealed record SubnetEntry(Cidr Cidr, IpAddress Gateway, ImmutableArray<Cidr> Excluded, int BlockPrefixLength,
    int Used, int Resting, int Claimed, long Blocks);
