using System.Net;

namespace Fabric.Ovs.OpenFlow;

/// <summary>The typed steps of the builder for tunnel, register and connection tracking metadata.</summary>
/// <remarks>
/// A valid state, which the fields of a connection's first packet need, is a ct_state with +new, +est, +rel, +rpl,
/// +snat or +dnat, or with +trk-inv; Open vSwitch answers OFPBMC_BAD_PREREQ otherwise.
/// </remarks>
public sealed partial class Match
{
    /// <summary>Tunnel key: the VNI for VXLAN and Geneve.</summary>
    public Match TunId(ulong id, ulong mask = ulong.MaxValue) => With(OxmField.TunId, id, mask);

    /// <summary>Outer IPv4 source.</summary>
    public Match TunSrc(IPAddress address, int prefix = 32) => Prefix(OxmField.TunSrc, address, prefix);

    /// <summary>Outer IPv4 destination.</summary>
    public Match TunDst(IPAddress address, int prefix = 32) => Prefix(OxmField.TunDst, address, prefix);

    /// <summary>Outer IPv6 source.</summary>
    public Match TunIpv6Src(IPAddress address, int prefix = 128) => Prefix(OxmField.TunIpv6Src, address, prefix);

    /// <summary>Outer IPv6 destination.</summary>
    public Match TunIpv6Dst(IPAddress address, int prefix = 128) => Prefix(OxmField.TunIpv6Dst, address, prefix);

    /// <summary>Register 0–15.</summary>
    public Match Reg(int index, uint value, uint mask = uint.MaxValue) => With(OxmField.Registers[index], value, mask);

    /// <summary>Bits of a register or another maskable field.</summary>
    public Match Reg(Subfield subfield, UInt128 value) => With(subfield, value);

    /// <summary>OpenFlow metadata.</summary>
    public Match Metadata(ulong value, ulong mask = ulong.MaxValue) => With(OxmField.Metadata, value, mask);

    /// <summary>The skb mark.</summary>
    public Match PktMark(uint value, uint mask = uint.MaxValue) => With(OxmField.PktMark, value, mask);

    /// <summary>The id of a satisfied conjunction.</summary>
    public Match ConjId(uint id) => With(OxmField.ConjId, id);

    /// <summary>Connection state: all bits of <paramref name="set"/> on, all of <paramref name="clear"/> off.</summary>
    /// <exception cref="ArgumentException">A bit is in both.</exception>
    public Match CtState(CtStates set, CtStates clear = CtStates.None)
    {
        if ((set & clear) != 0) throw new ArgumentException($"{set & clear} is both set and clear");
        return With(OxmField.CtState, (uint)set, (uint)(set | clear));
    }

    /// <summary>Connection tracking zone.</summary>
    public Match CtZone(ushort zone) => With(OxmField.CtZone, zone);

    /// <summary>Connection mark.</summary>
    public Match CtMark(uint value, uint mask = uint.MaxValue) => With(OxmField.CtMark, value, mask);

    /// <summary>Connection label, all bits.</summary>
    public Match CtLabel(UInt128 value) => With(OxmField.CtLabel, value);

    /// <summary>Connection label under a mask.</summary>
    public Match CtLabel(UInt128 value, UInt128 mask) => With(OxmField.CtLabel, value, mask);

    /// <summary>IPv4 source of the connection's first packet; needs <see cref="Ip"/> and a valid state.</summary>
    public Match CtNwSrc(IPAddress address, int prefix = 32) => Prefix(OxmField.CtNwSrc, address, prefix);

    /// <summary>IPv4 destination of the connection's first packet; needs <see cref="Ip"/> and a valid state.</summary>
    public Match CtNwDst(IPAddress address, int prefix = 32) => Prefix(OxmField.CtNwDst, address, prefix);

    /// <summary>IPv6 source of the connection's first packet; needs <see cref="Ipv6"/> and a valid state.</summary>
    public Match CtIpv6Src(IPAddress address, int prefix = 128) => Prefix(OxmField.CtIpv6Src, address, prefix);

    /// <summary>IPv6 destination of the connection's first packet; needs IPv6 and a valid state.</summary>
    public Match CtIpv6Dst(IPAddress address, int prefix = 128) => Prefix(OxmField.CtIpv6Dst, address, prefix);

    /// <summary>IP protocol of the connection's first packet; needs an IP Ethernet type and a valid state.</summary>
    public Match CtNwProto(byte protocol) => With(OxmField.CtNwProto, protocol);

    /// <summary>Source port of the connection's first packet; needs <see cref="CtNwProto"/>.</summary>
    public Match CtTpSrc(ushort port, ushort mask = 0xffff) => With(OxmField.CtTpSrc, port, mask);

    /// <summary>Destination port of the connection's first packet; needs <see cref="CtNwProto"/>.</summary>
    public Match CtTpDst(ushort port, ushort mask = 0xffff) => With(OxmField.CtTpDst, port, mask);
}
