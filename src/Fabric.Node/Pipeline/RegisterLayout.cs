using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>
/// Which register bits mean what between Classifier and Output. Every use of a register goes through here.
/// </summary>
/// <remarks>
/// reg5 to reg15 are free: reg5 and reg6 for the deciding policy rules, xxreg2 for a service's endpoint.
/// </remarks>
public static class RegisterLayout
{
    /// <summary>reg0[0..3]: a <see cref="PacketSource"/>.</summary>
    public static Subfield Source { get; } = OxmField.Registers[0][0, 3];

    /// <summary>
    /// reg0[4]: the node itself is the sender, under its host identity by the gateway. Neither half alone would do: the
    /// gateway port also carries kube-proxy's traffic, and an address can be forged.
    /// </summary>
    public static Subfield FromNode { get; } = OxmField.Registers[0][4, 4];

    /// <summary>Both of them: Classifier writes reg0[0..4] at once.</summary>
    public static Subfield SourceAndNode { get; } = OxmField.Registers[0][0, 4];

    /// <summary>reg1: the OpenFlow port that Output sends to; 0 while Forward has not chosen.</summary>
    public static Subfield OutPort { get; } = OxmField.Registers[1].All;

    /// <summary>reg2: the network, by its VNI; the same number on every node.</summary>
    public static Subfield Network { get; } = OxmField.Registers[2].All;

    /// <summary>reg3[0..15]: the network's conntrack zone on this node; never 0, the host's own zone.</summary>
    public static Subfield Zone { get; } = OxmField.Registers[3][0, 15];

    /// <summary>reg4: holds one address while ArpNdResponder exchanges sender and target.</summary>
    public static Subfield Scratch { get; } = OxmField.Registers[4].All;

    /// <summary>The value of <see cref="SourceAndNode"/>.</summary>
    internal static uint Encode(PacketSource source, bool fromNode = false) =>
        (uint)source | (fromNode ? 1u << FromNode.Offset : 0);
}
