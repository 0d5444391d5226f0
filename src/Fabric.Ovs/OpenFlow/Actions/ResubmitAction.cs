using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Searches a table as if the packet came in on a port, executes what matches, and comes back.</summary>
/// <param name="Port">The ingress port to match on; <see cref="OfPort.InPort"/> leaves it as it is.</param>
/// <param name="Table">The table; 255 is the current one.</param>
/// <param name="WithConnectionTuple">Match on the original tuple of the packet's connection (ct).</param>
public sealed record ResubmitAction(OfPort Port, byte Table, bool WithConnectionTuple) : FlowAction
{
    internal override void AppendTo(StringBuilder s)
    {
        if (Port != OfPort.InPort && Table == 255)
        {
            s.Append("resubmit:").Append(Port.ToString());
            return;
        }

        s.Append("resubmit(");
        if (Port != OfPort.InPort) s.Append(Port.ToString());
        s.Append(',');
        if (Table != 255) s.Append(CultureInfo.InvariantCulture, $"{Table}");
        s.Append(WithConnectionTuple ? ",ct)" : ")");
    }

    internal override void WriteTo(WireWriter w)
    {
        WriteNicira(w, WithConnectionTuple ? NiciraAction.ResubmitTableCt : NiciraAction.ResubmitTable, 16);
        w.U16(Port.ToUInt16());
        w.U8(Table);
        w.Zero(3);
    }
}
