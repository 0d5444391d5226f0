namespace Fabric.Ovs.Ovsdb;

/// <summary>The ways to watch a database, best first; an older server lacks the first ones.</summary>
internal enum MonitorMethod
{
    /// <summary>ovsdb-server(7): differences only, also across a reconnect (OVS 2.12).</summary>
    MonitorCondSince,

    /// <summary>ovsdb-server(7): differences only (OVS 2.6).</summary>
    MonitorCond,

    /// <summary>RFC 7047, section 4.1.5: whole rows.</summary>
    Monitor,
}
