using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node.Pipeline;

/// <summary>All that the flows of one network on one node depend on, pods and peers excepted.</summary>
public sealed record NetworkParameters
{
    /// <summary>
    /// The fabric-wide MAC of the virtual router: answers for every address and is the source of every frame to a pod.
    /// </summary>
    public required MacAddress VirtualMac { get; init; }

    /// <summary>The network's number on the wire and in <see cref="RegisterLayout.Network"/>.</summary>
    public required Vni Vni { get; init; }

    /// <summary>The network's conntrack zone on this node, 1–65535; 0 is the host's own zone.</summary>
    public required ushort ConntrackZone { get; init; }

    /// <summary>The addresses of all of the network's pods and gateways, one block or more per family in use.</summary>
    public required ImmutableArray<Cidr> ClusterCidrs { get; init; }

    /// <summary>The tunnel port with <c>remote_ip=flow, key=flow</c>.</summary>
    public required OfPort TunnelPort { get; init; }

    /// <summary>
    /// The overlay's UDP destination port, 4789 for VXLAN and 6081 for Geneve; 0 for GRE, which has none.
    /// </summary>
    public required ushort OverlayUdpPort { get; init; }

    /// <summary>
    /// This node's own VTEP addresses, at most one per family; a peer is reached in a family that both have.
    /// </summary>
    public required ImmutableArray<IpAddress> LocalVteps { get; init; }

    /// <summary>The host's port; null for a network without a path to the host.</summary>
    public GatewayEndpoint? Gateway { get; init; }

    /// <summary>The cause set of the flows that belong to the network itself.</summary>
    public ulong CauseSet { get; init; }
}
