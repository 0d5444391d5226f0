using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// One thing a flow does to a packet. Each action is an immutable record of its own file; the static methods of this
/// class make them. <see cref="object.ToString"/> is the text ovs-ofctl prints for OpenFlow 1.5 (ovs-actions(7)).
/// </summary>
/// <remarks>
/// OpenFlow 1.5 has one way to write a field (set_field with a mask) where 1.0–1.4 had several (reg_load,
/// mod_nw_src), so what Open vSwitch returns compares equal to what was sent.
/// </remarks>
public abstract partial record FlowAction
{
    private protected FlowAction()
    {
    }

    /// <summary>Whether this is an OpenFlow instruction, which stands outside of the action list on the wire.</summary>
    internal virtual bool IsInstruction => false;

    /// <summary>The text of ovs-ofctl.</summary>
    public sealed override string ToString()
    {
        var s = new StringBuilder();
        AppendTo(s);
        return s.ToString();
    }

    internal abstract void AppendTo(StringBuilder s);

    /// <summary>Appends the action in the wire format of OpenFlow 1.5, a multiple of 8 bytes.</summary>
    internal abstract void WriteTo(WireWriter w);

    /// <summary>Starts a Nicira action: type, length (with the header's 10 bytes), vendor, subtype.</summary>
    private protected static void WriteNicira(WireWriter w, NiciraAction subtype, int length)
    {
        w.U16((ushort)ActionType.Experimenter);
        w.U16((ushort)length);
        w.U32(WireConstants.NiciraVendor);
        w.U16((ushort)subtype);
    }
}
