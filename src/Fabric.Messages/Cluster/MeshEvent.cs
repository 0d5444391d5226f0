using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The stream <c>mesh/NETWORK</c>: which VTEPs belong to an overlay network.</summary>
public abstract record MeshEvent : IEvent
{
    private MeshEvent()
    {
    }

    public abstract string Describe();

    /// <summary>The first event: the mesh's encapsulation, which its nodes must share.</summary>
    public sealed record MeshOpened(string Network, Vni Vni, OverlayKind Overlay, int OverlayPort) : MeshEvent
    {
        public override string Describe() => $"mesh of network {Network} opened: {Overlay} port {OverlayPort}, VNI {Vni}";
    }

    /// <summary>A node joined, or its VTEP or CIDRs changed: this replaces what was known of it.</summary>
    /// <param name="PodCidrsSequenceNr">The <c>podcidr</c> event that the CIDRs come from; an older one never replaces a newer one.</param>
    public sealed record VtepJoined(NodeName Node, string NodeUid, ImmutableArray<IpAddress> Vteps,
        ImmutableArray<Cidr> PodCidrs, long PodCidrsSequenceNr) : MeshEvent
    {
        public override string Describe() =>
            $"node {Node} joined the mesh: VTEP {string.Join(", ", Vteps)}, pods {string.Join(", ", PodCidrs)}";
    }

    public sealed record VtepLeft(NodeName Node, string NodeUid, string Reason) : MeshEvent
    {
        public override string Describe() => $"node {Node} left the mesh: {Reason}";
    }
}
