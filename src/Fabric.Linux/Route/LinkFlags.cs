namespace Fabric.Linux.Route;

/// <summary>Link flags (IFF_*, netdevice(7)).</summary>
[Flags]
public enum LinkFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Administratively up.</summary>
    Up = 0x1,

    /// <summary>Can broadcast.</summary>
    Broadcast = 0x2,

    /// <summary>A loopback device.</summary>
    Loopback = 0x8,

    /// <summary>Operational.</summary>
    Running = 0x40,

    /// <summary>Receives every frame.</summary>
    Promiscuous = 0x100,

    /// <summary>Can multicast.</summary>
    Multicast = 0x1000,

    /// <summary>The other end is up too.</summary>
    LowerUp = 0x10000,
}
