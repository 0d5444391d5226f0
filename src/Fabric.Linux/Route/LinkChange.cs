namespace Fabric.Linux.Route;

/// <summary>What to change on a link; null leaves a property as it is.</summary>
public sealed record LinkChange
{
    /// <summary>A new name; the kernel wants the device down for it before Linux 6.2.</summary>
    public string? Name { get; init; }

    /// <summary>Administratively up or down.</summary>
    public bool? Up { get; init; }

    /// <summary>A new MTU in bytes.</summary>
    public int? MtuBytes { get; init; }

    /// <summary>A new hardware address.</summary>
    public System.Net.NetworkInformation.PhysicalAddress? Mac { get; init; }

    /// <summary>A new alias, at most 255 bytes; empty removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>A new group.</summary>
    public uint? Group { get; init; }

    /// <summary>Sets addrgenmode none: the kernel gives the link no IPv6 link-local address.</summary>
    public bool WithoutLinkLocal { get; init; }
}
