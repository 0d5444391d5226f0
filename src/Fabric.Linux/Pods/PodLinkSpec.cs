using System.Net.NetworkInformation;

namespace Fabric.Linux.Pods;

/// <summary>What one attachment of a pod shall look like in the kernel.</summary>
public sealed record PodLinkSpec
{
    /// <summary>The pod's namespace; never the host's own.</summary>
    public required NetworkNamespace Namespace { get; init; }

    /// <summary>The interface's name in the pod (CNI_IFNAME), 1–15 bytes.</summary>
    public required string InterfaceName { get; init; }

    /// <summary>The name of the host's end, 1–15 bytes.</summary>
    public required string HostInterfaceName { get; init; }

    /// <summary>The attachment's identity, written to both ends as alias; 1–255 bytes.</summary>
    public required string Attachment { get; init; }

    /// <summary>The MTU of both ends, 68–65535 bytes; 1280 or more for IPv6.</summary>
    public required int MtuBytes { get; init; }

    /// <summary>The pod's hardware address; null: the kernel draws one.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The hardware address of the host's end; null: the kernel draws one.</summary>
    public PhysicalAddress? HostMac { get; init; }

    /// <summary>The pod's addresses; usable at once, without duplicate address detection.</summary>
    public IReadOnlyList<PodAddress> Addresses { get; init; } = [];

    /// <summary>The pod's routes, made in this order.</summary>
    public IReadOnlyList<PodRoute> Routes { get; init; } = [];

    /// <summary>False switches transmit checksum offload of the pod's end off, as a netdev datapath needs.</summary>
    public bool TransmitChecksumOffload { get; init; } = true;

    /// <summary>The group of the host's end, from its creation on.</summary>
    /// <remarks>Not 0 makes a crash between creating and naming the link repairable: a veth of this name and group
    /// without alias counts as a leftover of <see cref="PodLink.Attach"/>.</remarks>
    public uint HostGroup { get; init; }
}
