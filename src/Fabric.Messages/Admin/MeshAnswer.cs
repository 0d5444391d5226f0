using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary><c>/v1/mesh</c>: where this node sends packets for other nodes' pods.</summary>
/// <param name="Vteps">This node's own.</param>
/// <param name="PodCidrs">This node's own.</param>
/// <param name="Overlay">Null until the bridge is configured.</param>
public sealed record MeshAnswer(
    DateTimeOffset At,
    NodeName Node,
    string? Overlay,
    Vni? Vni,
    ImmutableArray<IpAddress> Vteps,
    ImmutableArray<Cidr> PodCidrs,
    ImmutableArray<PeerEntry> Peers);
