using System.Net;

namespace Fabric.Linux.Route;

/// <summary>A route with at most one next hop (struct rtmsg, rtnetlink(7)).</summary>
public sealed record Route
{
    /// <summary>The main table, 254.</summary>
    public const uint MainTable = 254;

    /// <summary>What it leads to; 0.0.0.0/0 or ::/0 is the default route.</summary>
    public required IPNetwork Destination { get; init; }

    /// <summary>The link it leaves by; 0: the kernel derives it from the gateway.</summary>
    public int LinkIndex { get; init; }

    /// <summary>The next hop; null: the destination is on the link.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The gateway is on the link even if no subnet says so.</summary>
    public bool OnLink { get; init; }

    /// <summary>The address the kernel prefers as source.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>The scope; null: link for an IPv4 route without gateway, otherwise universe.</summary>
    public AddressScope? Scope { get; init; }

    /// <summary>The routing table.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>The priority, lower wins; null: 0 for IPv4, 1024 for IPv6.</summary>
    public uint? Metric { get; init; }

    /// <summary>The path MTU of the route in bytes; null: the link's.</summary>
    public int? MtuBytes { get; init; }

    /// <summary>Who made it (RTPROT_*); 4, static, by default; the kernel's own are 2.</summary>
    public byte Protocol { get; init; } = 4;

    /// <summary>What happens to a packet that matches.</summary>
    public RouteKind Kind { get; init; } = RouteKind.Unicast;
}
