using System.Net;

namespace Fabric.Linux.Route;

/// <summary>An address on a link (struct ifaddrmsg, rtnetlink(7)).</summary>
public sealed record InterfaceAddress
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The IPv4 or IPv6 address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The length of its subnet's prefix: 0–32 or 0–128 bits.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>Where it is valid.</summary>
    public AddressScope Scope { get; init; }

    /// <summary>Its flags; NoDad and NoPrefixRoute can be set, the others are the kernel's report.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>Whether its preferred lifetime is 0: the kernel never picks it as a source by itself.</summary>
    public bool IsDeprecated { get; init; }
}
