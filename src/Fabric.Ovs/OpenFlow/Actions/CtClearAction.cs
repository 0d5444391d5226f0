using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Forgets the packet's connection tracking state.</summary>
public sealed record CtClearAction : FlowAction
{
    internal override void AppendTo(StringBuilder s) => s.Append("ct_clear");

    internal override void WriteTo(WireWriter w)
    {
        WriteNicira(w, NiciraAction.CtClear, 16);
        w.Zero(6);
    }
}
