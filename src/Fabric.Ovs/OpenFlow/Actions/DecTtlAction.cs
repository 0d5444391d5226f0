using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Takes one from the IPv4 TTL or IPv6 hop limit.</summary>
public sealed record DecTtlAction : FlowAction
{
    internal override void AppendTo(StringBuilder s) => s.Append("dec_ttl");

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.DecNwTtl);
        w.U16(8);
        w.Zero(4);
    }
}
