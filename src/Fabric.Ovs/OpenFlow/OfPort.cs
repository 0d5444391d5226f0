using System.Globalization;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// An OpenFlow 1.1+ port number: 1–0xfeff for real ports in Open vSwitch, 0xffffff00 and above reserved
/// (OpenFlow 1.5.1, 7.2.1).
/// </summary>
public readonly record struct OfPort(uint Value)
{
    /// <summary>OFPP_UNSET: the output port of an action set that has none.</summary>
    public static readonly OfPort Unset = new(0xffff_fff7);

    /// <summary>OFPP_IN_PORT: the port the packet came in on; plain output to that port is dropped.</summary>
    public static readonly OfPort InPort = new(0xffff_fff8);

    /// <summary>OFPP_TABLE: the flow tables, for packet-out only.</summary>
    public static readonly OfPort Table = new(0xffff_fff9);

    /// <summary>OFPP_NORMAL: the learning switch.</summary>
    public static readonly OfPort Normal = new(0xffff_fffa);

    /// <summary>OFPP_FLOOD: every port of the VLAN but the one the packet came in on.</summary>
    public static readonly OfPort Flood = new(0xffff_fffb);

    /// <summary>OFPP_ALL: every port but the one the packet came in on.</summary>
    public static readonly OfPort All = new(0xffff_fffc);

    /// <summary>OFPP_CONTROLLER: a packet-in to the controller.</summary>
    public static readonly OfPort Controller = new(0xffff_fffd);

    /// <summary>OFPP_LOCAL: the bridge's own interface.</summary>
    public static readonly OfPort Local = new(0xffff_fffe);

    /// <summary>OFPP_ANY: no particular port, for filters.</summary>
    public static readonly OfPort Any = new(0xffff_ffff);

    /// <summary>Takes a plain number as a port number.</summary>
    public static implicit operator OfPort(uint value) => new(value);

    /// <summary>Takes a plain number as a port number.</summary>
    public static OfPort FromUInt32(uint value) => new(value);

    /// <summary>The number, or the reserved name as ovs-ofctl prints it.</summary>
    public override string ToString() => Value switch
    {
        0xffff_fff7 => "UNSET",
        0xffff_fff8 => "IN_PORT",
        0xffff_fff9 => "TABLE",
        0xffff_fffa => "NORMAL",
        0xffff_fffb => "FLOOD",
        0xffff_fffc => "ALL",
        0xffff_fffd => "CONTROLLER",
        0xffff_fffe => "LOCAL",
        0xffff_ffff => "ANY",
        _ => Value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Widens a 16-bit OpenFlow 1.0 port number, whose reserved range starts at 0xff00.</summary>
    internal static OfPort FromUInt16(ushort value) => new(value >= 0xff00 ? 0xffff_0000u | value : value);

    /// <summary>The 16-bit OpenFlow 1.0 number of this port.</summary>
    internal ushort ToUInt16() => unchecked((ushort)Value);
}
