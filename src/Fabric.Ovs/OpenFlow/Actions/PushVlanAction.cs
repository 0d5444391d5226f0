using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Adds an outermost VLAN tag.</summary>
/// <param name="EtherType">0x8100 or 0x88a8.</param>
public sealed record PushVlanAction(ushort EtherType) : FlowAction
{
    internal override void AppendTo(StringBuilder s) =>
        s.Append(CultureInfo.InvariantCulture, $"push_vlan:0x{EtherType:x}");

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.PushVlan);
        w.U16(8);
        w.U16(EtherType);
        w.Zero(2);
    }
}
