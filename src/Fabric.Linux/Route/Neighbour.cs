using System.Net;
using System.Net.NetworkInformation;

namespace Fabric.Linux.Route;

/// <summary>An ARP or neighbour discovery entry (struct ndmsg, rtnetlink(7)).</summary>
public sealed record Neighbour
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The neighbour's address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Its hardware address; null while unknown.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>The entry's state.</summary>
    public NeighbourStates State { get; init; } = NeighbourStates.Permanent;
}
