namespace Fabric.Ovs.OpenFlow;

/// <summary>A port of the bridge (OpenFlow 1.5.1, 7.2.1).</summary>
/// <param name="Port">Its number.</param>
/// <param name="Name">Its name, at most 15 bytes: the wire has room for no more.</param>
/// <param name="Address">Its Ethernet address.</param>
/// <param name="IsDown">Whether it is administratively down (OFPPC_PORT_DOWN).</param>
/// <param name="HasNoLink">Whether it has no carrier (OFPPS_LINK_DOWN).</param>
public sealed record PortDescription(OfPort Port, string Name, EthAddr Address, bool IsDown, bool HasNoLink);
