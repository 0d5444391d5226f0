using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// An action this library does not know, kept as received so that a foreign flow can be compared, shown and deleted.
/// </summary>
/// <param name="Hex">The whole action or instruction in hexadecimal.</param>
/// <param name="Instruction">Whether the bytes are an instruction and not an action.</param>
public sealed record OpaqueAction(string Hex, bool Instruction) : FlowAction
{
    internal override bool IsInstruction => Instruction;

    internal override void AppendTo(StringBuilder s) =>
        s.Append(Instruction ? "instruction(0x" : "action(0x").Append(Hex).Append(')');

    internal override void WriteTo(WireWriter w) => w.Hex(Hex);
}
