namespace Fabric.Ovs.OpenFlow;

/// <summary>The bits of ct_state (ovs-fields(7), "Connection Tracking Fields").</summary>
[Flags]
public enum CtStates
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>The beginning of a connection not yet committed.</summary>
    New = 0x01,

    /// <summary>Part of a committed connection.</summary>
    Est = 0x02,

    /// <summary>Related to a committed connection, such as an ICMP error.</summary>
    Rel = 0x04,

    /// <summary>In the direction opposite to the connection's first packet.</summary>
    Rpl = 0x08,

    /// <summary>The tracker could not identify the packet.</summary>
    Inv = 0x10,

    /// <summary>The packet has passed the tracker.</summary>
    Trk = 0x20,

    /// <summary>The source was translated.</summary>
    Snat = 0x40,

    /// <summary>The destination was translated.</summary>
    Dnat = 0x80,
}
