using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>A route of a result; the numbers are known since 1.1.0, null where the plugin says nothing.</summary>
/// <param name="Scope">As in rtnetlink(7): 0 global, 253 link, 254 host.</param>
public sealed record CniRoute(
    Cidr Destination, IpAddress? Gateway, int? MtuBytes = null, int? AdvMss = null, int? Priority = null,
    int? Table = null, int? Scope = null);
