namespace Fabric.Ovs.OpenFlow;

/// <summary>Subtypes of the Nicira extension actions (ovs-actions(7)).</summary>
internal enum NiciraAction : ushort
{
    Resubmit = 1,
    Note = 8,
    ResubmitTable = 14,
    OutputReg = 15,
    OutputReg2 = 32,
    Ct = 35,
    Nat = 36,
    CtClear = 43,
    ResubmitTableCt = 44,
}
