using System.Net;

namespace Fabric.Linux.Pods;

/// <summary>A route of a pod through its interface.</summary>
/// <param name="Destination">What it leads to; 0.0.0.0/0 or ::/0 is the default route.</param>
/// <param name="Gateway">The next hop, taken to be on the link whatever the subnets say; null: on the link.</param>
public sealed record PodRoute(IPNetwork Destination, IPAddress? Gateway)
{
    /// <summary>The path MTU in bytes; null: the link's.</summary>
    public int? MtuBytes { get; init; }
}
