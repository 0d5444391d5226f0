using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Goes on in a later table (instruction OFPIT_GOTO_TABLE); the last entry of an action list.</summary>
/// <param name="Table">A number above that of the flow's own table.</param>
public sealed record GotoTableAction(byte Table) : FlowAction
{
    internal override bool IsInstruction => true;

    internal override void AppendTo(StringBuilder s) => s.Append(CultureInfo.InvariantCulture, $"goto_table:{Table}");

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)InstructionType.GotoTable);
        w.U16(8);
        w.U8(Table);
        w.Zero(3);
    }
}
