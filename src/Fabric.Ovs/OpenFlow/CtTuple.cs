using System.Net;

namespace Fabric.Ovs.OpenFlow;

/// <summary>One direction of a connection; what is null or 0 is not looked at.</summary>
public sealed record CtTuple
{
    /// <summary>Source address.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Destination address.</summary>
    public IPAddress? Destination { get; init; }

    /// <summary>Source port; not for ICMP.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port; not for ICMP.</summary>
    public ushort DestinationPort { get; init; }
}
