using System.Net.NetworkInformation;

namespace Fabric.Linux.Route;

/// <summary>What a new veth pair shall be; the peer is born in another namespace when one is given.</summary>
public sealed record VethPair
{
    /// <summary>The name of the end in this namespace, 1–15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the other end, 1–15 bytes.</summary>
    public required string PeerName { get; init; }

    /// <summary>The namespace of the other end; null: this one.</summary>
    public NetworkNamespace? PeerNamespace { get; init; }

    /// <summary>The hardware address of this end; null: the kernel draws one.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The hardware address of the other end; null: the kernel draws one.</summary>
    public PhysicalAddress? PeerMac { get; init; }

    /// <summary>The MTU of both ends, 68–65535 bytes; null: 1500.</summary>
    public int? MtuBytes { get; init; }

    /// <summary>The group of this end.</summary>
    public uint Group { get; init; }

    /// <summary>The group of the other end.</summary>
    public uint PeerGroup { get; init; }
}
