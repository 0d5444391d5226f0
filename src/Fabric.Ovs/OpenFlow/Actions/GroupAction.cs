using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Hands the packet to a group, which must exist when the flow is added.</summary>
/// <param name="Id">The group's number.</param>
public sealed record GroupAction(uint Id) : FlowAction
{
    internal override void AppendTo(StringBuilder s) => s.Append(CultureInfo.InvariantCulture, $"group:{Id}");

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.Group);
        w.U16(8);
        w.U32(Id);
    }
}
