using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Removes the outermost VLAN tag.</summary>
public sealed record PopVlanAction : FlowAction
{
    internal override void AppendTo(StringBuilder s) => s.Append("pop_vlan");

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.PopVlan);
        w.U16(8);
        w.Zero(4);
    }
}
