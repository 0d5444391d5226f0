using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Sends the packet out of the port whose number is in a field (NXAST_OUTPUT_REG).</summary>
/// <param name="Source">Where the number is.</param>
public sealed record OutputFieldAction(Subfield Source) : FlowAction
{
    internal override void AppendTo(StringBuilder s) => s.Append("output:").Append(Source.ToString());

    internal override void WriteTo(WireWriter w)
    {
        WriteNicira(w, NiciraAction.OutputReg, 24);
        w.U16(Source.OffsetAndBits);
        w.U32(Source.Field.NxmHeader);
        w.U16(0xffff);
        w.Zero(6);
    }
}
