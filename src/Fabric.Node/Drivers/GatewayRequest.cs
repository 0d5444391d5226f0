using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the node's own end of the bridge is to look like, with the rules that its traffic needs.</summary>
/// <param name="PodCidrs">This node's blocks; the first address of each is the gateway's, the second the host identity.</param>
/// <param name="ClusterCidrs">All pods' addresses: routed to the gateway, never masqueraded.</param>
/// <param name="NotMasqueraded">Further destinations that pods reach under their own addresses.</param>
public sealed record GatewayRequest(
    InterfaceName Interface,
    MacAddress Mac,
    int MtuBytes,
    ImmutableArray<Cidr> PodCidrs,
    ImmutableArray<Cidr> ClusterCidrs,
    ImmutableArray<Cidr> NotMasqueraded,
    OverlayKind Overlay,
    int OverlayPort,
    ImmutableArray<IpAddress> Vteps);
