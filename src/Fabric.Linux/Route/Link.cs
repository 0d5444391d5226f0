using System.Net.NetworkInformation;

namespace Fabric.Linux.Route;

/// <summary>A network device as the kernel reports it (RTM_NEWLINK, rtnetlink(7)).</summary>
public sealed record Link
{
    /// <summary>Its number in its namespace, from 1.</summary>
    public required int Index { get; init; }

    /// <summary>Its name, 1–15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>Its hardware address; empty for a device without one.</summary>
    public required PhysicalAddress Mac { get; init; }

    /// <summary>Its MTU in bytes, without the link header.</summary>
    public required int MtuBytes { get; init; }

    /// <summary>Its flags.</summary>
    public required LinkFlags Flags { get; init; }

    /// <summary>The free text given by IFLA_IFALIAS; empty when none was.</summary>
    public required string Alias { get; init; }

    /// <summary>The driver kind such as <c>veth</c>; empty for a physical device.</summary>
    public required string Kind { get; init; }

    /// <summary>The device group (IFLA_GROUP); 0 is the default group.</summary>
    public required uint Group { get; init; }

    /// <summary>The index of the veth peer or lower device, in <see cref="PeerNetnsId"/>; 0: none.</summary>
    public required int PeerIndex { get; init; }

    /// <summary>This namespace's id for the one the peer is in; null when the peer is in this one.</summary>
    public required int? PeerNetnsId { get; init; }

    /// <summary>The index of the bridge or bond it belongs to; 0: none.</summary>
    public required int MasterIndex { get; init; }

    /// <summary>Whether it is administratively up.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;

    /// <summary>Whether it and its other end are up.</summary>
    public bool IsLowerUp => (Flags & LinkFlags.LowerUp) != 0;
}
