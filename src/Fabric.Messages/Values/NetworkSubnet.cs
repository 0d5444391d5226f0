using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>A virtual network's addresses of one family.</summary>
/// <param name="Gateway">An address that no pod gets and no host has; ARP and neighbour discovery answer for it.</param>
/// <param name="Excluded">Never given to a pod; single addresses are blocks of full length.</param>
/// <param name="BlockPrefixLength">The size of the blocks that nodes take from it, in bits.</param>
public sealed record NetworkSubnet(Cidr Cidr, IpAddress Gateway, ImmutableArray<Cidr> Excluded, int BlockPrefixLength)
{
    /// <summary>Whether no pod may have the address: the subnet's own, its IPv4 broadcast address, the gateway, what is excluded.</summary>
    public bool IsReserved(IpAddress address) =>
        address == Cidr.Network || address == Gateway || !Cidr.IsV6 && address == Cidr.Last || Excluded.Any(e => e.Contains(address));

    /// <summary>How many blocks it has.</summary>
    public UInt128 Blocks() => UInt128.One << (BlockPrefixLength - Cidr.PrefixLength);

    // Records compare immutable arrays by reference.
    public bool Equals(NetworkSubnet? other) => other is not null && Cidr == other.Cidr && Gateway == other.Gateway
        && BlockPrefixLength == other.BlockPrefixLength && Excluded.SequenceEqual(other.Excluded);

    public override int GetHashCode() => HashCode.Combine(Cidr, Gateway, BlockPrefixLength, Excluded.Length);

    public override string ToString() => $"{Cidr} (gateway {Gateway}, blocks of /{BlockPrefixLength}"
        + $"{(Excluded.IsEmpty ? "" : $", without {string.Join(", ", Excluded)}")})";
}
