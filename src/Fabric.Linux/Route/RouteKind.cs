namespace Fabric.Linux.Route;

/// <summary>What a route does (RTN_*, rtnetlink(7)).</summary>
public enum RouteKind : byte
{
    /// <summary>Forwards to the next hop or the link.</summary>
    Unicast = 1,

    /// <summary>Delivers to this host; made by the kernel.</summary>
    Local = 2,

    /// <summary>An IPv4 broadcast address; made by the kernel.</summary>
    Broadcast = 3,

    /// <summary>An IPv6 anycast address; made by the kernel.</summary>
    Anycast = 4,

    /// <summary>A multicast route.</summary>
    Multicast = 5,

    /// <summary>Drops in silence.</summary>
    Blackhole = 6,

    /// <summary>Answers ICMP unreachable.</summary>
    Unreachable = 7,

    /// <summary>Answers ICMP prohibited.</summary>
    Prohibit = 8,
}
