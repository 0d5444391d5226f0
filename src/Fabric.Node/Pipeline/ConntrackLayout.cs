using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>
/// Which bits of a connection's mark and label mean what. Connections outlive the agent, so this is a storage format:
/// a changed meaning is a new <see cref="Version"/>, and connections of the old one are flushed.
/// </summary>
public static class ConntrackLayout
{
    /// <summary>The version of this layout.</summary>
    public const int Version = 1;

    /// <summary>
    /// ct_mark[0]: the connection's first packet came from the gateway, so that its replies must go back there for the
    /// host to undo its address translation (kube-proxy). Follows a connection that another one with the same addresses
    /// and ports took over.
    /// </summary>
    public static Subfield FromGateway { get; } = OxmField.CtMark[0, 0];

    /// <summary>
    /// ct_label[0..31], reserved: the ingress rule that admitted the connection; 0 where the pod is not isolated.
    /// </summary>
    public static Subfield IngressRule { get; } = OxmField.CtLabel[0, 31];

    /// <summary>
    /// ct_label[32..63], reserved: the egress rule that admitted the connection; 0 where the pod is not isolated.
    /// </summary>
    public static Subfield EgressRule { get; } = OxmField.CtLabel[32, 63];

    /// <summary>
    /// ct_label[64], reserved: a policy cut the connection; its replies drop until it is allowed again.
    /// </summary>
    public static Subfield Cut { get; } = OxmField.CtLabel[64, 64];
}
