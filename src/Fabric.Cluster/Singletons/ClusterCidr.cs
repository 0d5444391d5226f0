using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// A range that nodes' pod CIDRs are cut from, each with the prefix length <paramref name="NodePrefixLength"/>.
/// </summary>
public sealed record ClusterCidr(Cidr Cidr, int NodePrefixLength) : IComparable<ClusterCidr>
{
    /// <summary>How many nodes it serves.</summary>
    public UInt128 Blocks => UInt128.One << (NodePrefixLength - Cidr.PrefixLength);

    /// <summary>What is wrong with it, or null.</summary>
    public string? Fault()
    {
        // A block must hold the network's address, the gateway and at least one pod.
        var longest = Cidr.Network.Width - 2;
        return NodePrefixLength < Cidr.PrefixLength || NodePrefixLength > longest
            ? $"cluster CIDR {Cidr}: the prefix length for each node must be {Cidr.PrefixLength} to {longest}, not {NodePrefixLength}"
            : NodePrefixLength - Cidr.PrefixLength > MaxSplitBits
                ? $"cluster CIDR {Cidr} cut into /{NodePrefixLength} gives 2^{NodePrefixLength - Cidr.PrefixLength} blocks; "
                    + $"at most 2^{MaxSplitBits}"
                : null;
    }

    public int CompareTo(ClusterCidr? other) => other is null ? 1 : Cidr.CompareTo(other.Cidr);

    /// <summary>
    /// 65,536 nodes; beyond that the search for a free block, not the address space, would be the limit.
    /// </summary>
    public const int MaxSplitBits = 16;

    public override string ToString() => $"{Cidr} (/{NodePrefixLength} for each node)";
}
