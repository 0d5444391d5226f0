namespace Fabric.Ovs.OpenFlow;

/// <summary>Instruction types of OpenFlow 1.5.1, 7.2.5.</summary>
internal enum InstructionType : ushort
{
    GotoTable = 1,
    ApplyActions = 4,
}
