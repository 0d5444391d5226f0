namespace Fabric.Node.Pipeline;

/// <summary>
/// The class of the port a packet came in by, as held in <see cref="RegisterLayout.Source"/>. 0 is no class: a packet
/// whose port nobody declared never leaves Classifier, so that "pod" can't become the default.
/// </summary>
public enum PacketSource : byte
{
    /// <summary>From a member of the mesh, its inner source checked against that member's CIDRs.</summary>
    Tunnel = 1,

    /// <summary>From the host, by the gateway port: its own packets and those it forwards.</summary>
    Gateway = 2,

    /// <summary>From a pod on this node.</summary>
    Pod = 3,
}
