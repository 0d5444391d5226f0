using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>What to ask Open vSwitch for, so that the next holder of an address inherits no connection.</summary>
public static class ConnectionFlush
{
    // TCP, UDP, SCTP.
    private static readonly ImmutableArray<byte> PortedProtocols = [6, 17, 132];

    /// <summary>
    /// The requests that forget an address's connections in a zone: as client, as server, and as the endpoint behind a
    /// translated address.
    /// </summary>
    /// <remarks>
    /// IPv6 is asked for per protocol and never as a whole: the userspace datapath of Open vSwitch 3.1.0 aborts, and
    /// ovs-vswitchd with it, when a flush with an address meets an ICMPv6 connection. Those are left to time out,
    /// within 60 s at the defaults, which is no longer than an address rests.
    /// </remarks>
    public static ImmutableArray<CtFlush> For(ushort zone, IpAddress address)
    {
        ReadOnlySpan<byte> protocols = address.IsV6 ? PortedProtocols.AsSpan() : [0];
        var requests = ImmutableArray.CreateBuilder<CtFlush>();
        foreach (var protocol in protocols)
        {
            var any = new CtFlush { Zone = zone, Protocol = protocol };
            var of = address.ToNet();
            requests.Add(any with { Original = new CtTuple { Source = of } });
            requests.Add(any with { Original = new CtTuple { Destination = of } });
            requests.Add(any with { Reply = new CtTuple { Source = of } });
        }

        return requests.ToImmutable();
    }
}
