using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Pipeline;

/// <summary>The host's end of the network: an internal port of the bridge.</summary>
public sealed record GatewayEndpoint
{
    /// <summary>The port.</summary>
    public required OfPort Port { get; init; }

    /// <summary>Its pinned hardware address.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>
    /// This node's blocks: the first address of each is the gateway's, the second the host's identity.
    /// </summary>
    public required ImmutableArray<Cidr> PodCidrs { get; init; }

    /// <summary>The addresses that the gateway device holds: gateway and host identity of every block.</summary>
    public IEnumerable<IpAddress> Addresses => PodCidrs.SelectMany(cidr => new[] { GatewayOf(cidr), IdentityOf(cidr) });

    /// <summary>The pods' next hop and the address that masquerade chooses: the block's first.</summary>
    public static IpAddress GatewayOf(Cidr podCidr) => podCidr.At(1);

    /// <summary>The address under which the host itself speaks to pods: the block's second.</summary>
    public static IpAddress IdentityOf(Cidr podCidr) => podCidr.At(2);
}
