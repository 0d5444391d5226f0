using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Sends the packet out of a port.</summary>
public sealed record OutputAction : FlowAction
{
    /// <summary>Sends to <paramref name="port"/>.</summary>
    /// <param name="port">The port.</param>
    /// <param name="maxLength">For the controller port: bytes of the packet to send, 0xffff for all of it.</param>
    public OutputAction(OfPort port, ushort maxLength = 0xffff)
    {
        Port = port;
        MaxLength = port == OfPort.Controller ? maxLength : (ushort)0;
    }

    /// <summary>The port.</summary>
    public OfPort Port { get; }

    /// <summary>Bytes to send to the controller; 0 for other ports.</summary>
    public ushort MaxLength { get; }

    internal override void AppendTo(StringBuilder s)
    {
        if (Port.Value < 0xffff_ff00) s.Append("output:");
        s.Append(Port.ToString());
        if (Port == OfPort.Controller) s.Append(CultureInfo.InvariantCulture, $":{MaxLength}");
    }

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.Output);
        w.U16(16);
        w.U32(Port.Value);
        w.U16(MaxLength);
        w.Zero(6);
    }
}
