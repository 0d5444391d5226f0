using System.Net;
using System.Net.Sockets;

namespace Fabric.Ovs.OpenFlow;

/// <summary>The typed steps of the builder for link, network and transport headers.</summary>
public sealed partial class Match
{
    /// <summary>Packets from this port.</summary>
    public Match InPort(OfPort port) => With(OxmField.InPort, port.Value);

    /// <summary>This Ethernet type.</summary>
    public Match EthType(ushort type) => With(OxmField.EthType, type);

    /// <summary>IPv4 packets.</summary>
    public Match Ip() => EthType(0x0800);

    /// <summary>IPv6 packets.</summary>
    public Match Ipv6() => EthType(0x86dd);

    /// <summary>ARP packets.</summary>
    public Match Arp() => EthType(0x0806);

    /// <summary>TCP over IPv4.</summary>
    public Match Tcp() => Ip().NwProto(6);

    /// <summary>TCP over IPv6.</summary>
    public Match Tcp6() => Ipv6().NwProto(6);

    /// <summary>UDP over IPv4.</summary>
    public Match Udp() => Ip().NwProto(17);

    /// <summary>UDP over IPv6.</summary>
    public Match Udp6() => Ipv6().NwProto(17);

    /// <summary>SCTP over IPv4.</summary>
    public Match Sctp() => Ip().NwProto(132);

    /// <summary>SCTP over IPv6.</summary>
    public Match Sctp6() => Ipv6().NwProto(132);

    /// <summary>ICMP over IPv4.</summary>
    public Match Icmp() => Ip().NwProto(1);

    /// <summary>ICMPv6.</summary>
    public Match Icmp6() => Ipv6().NwProto(58);

    /// <summary>Ethernet source address.</summary>
    public Match EthSrc(EthAddr address) => With(OxmField.EthSrc, address.Value);

    /// <summary>Ethernet source address under a mask.</summary>
    public Match EthSrc(EthAddr address, EthAddr mask) => With(OxmField.EthSrc, address.Value, mask.Value);

    /// <summary>Ethernet destination address.</summary>
    public Match EthDst(EthAddr address) => With(OxmField.EthDst, address.Value);

    /// <summary>Ethernet destination address under a mask.</summary>
    public Match EthDst(EthAddr address, EthAddr mask) => With(OxmField.EthDst, address.Value, mask.Value);

    /// <summary>Packets with an 802.1Q tag of this VLAN id, 0–4095.</summary>
    public Match VlanVid(ushort vid)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vid, 4095);
        return With(OxmField.VlanVid, 0x1000u | vid);
    }

    /// <summary>Packets without an 802.1Q tag.</summary>
    public Match Untagged() => With(OxmField.VlanVid, 0);

    /// <summary>Tagged packets of this VLAN priority, 0–7.</summary>
    public Match VlanPcp(byte priority)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, 7);
        return (Find(OxmField.VlanVid) is null ? With(OxmField.VlanVid, 0x1000, 0x1000) : this)
            .With(OxmField.VlanPcp, priority);
    }

    /// <summary>
    /// The 802.1Q tag as one number: priority in bits 13–15, presence in bit 12, VLAN id below. OpenFlow 1.5 has no
    /// mask for the priority, so the mask covers all of it or nothing.
    /// </summary>
    public Match VlanTci(ushort value, ushort mask)
    {
        if ((mask & 0xe000) is not (0 or 0xe000))
            throw new ArgumentException("the priority bits are matched all or not at all", nameof(mask));
        return With(OxmField.VlanTci, value, mask);
    }

    /// <summary>IPv4 source inside the prefix; host bits of the address are ignored.</summary>
    public Match NwSrc(IPAddress address, int prefix = 32) => Prefix(OxmField.IpSrc, address, prefix);

    /// <summary>IPv4 destination inside the prefix; host bits of the address are ignored.</summary>
    public Match NwDst(IPAddress address, int prefix = 32) => Prefix(OxmField.IpDst, address, prefix);

    /// <summary>IPv6 source inside the prefix; host bits of the address are ignored.</summary>
    public Match Ipv6Src(IPAddress address, int prefix = 128) => Prefix(OxmField.Ipv6Src, address, prefix);

    /// <summary>IPv6 destination inside the prefix; host bits of the address are ignored.</summary>
    public Match Ipv6Dst(IPAddress address, int prefix = 128) => Prefix(OxmField.Ipv6Dst, address, prefix);

    /// <summary>IP protocol; the Ethernet type must be set.</summary>
    public Match NwProto(byte protocol) => With(OxmField.NwProto, protocol);

    /// <summary>IP TTL or hop limit.</summary>
    public Match NwTtl(byte ttl) => With(OxmField.NwTtl, ttl);

    /// <summary>Fragments, or their absence.</summary>
    public Match IpFrag(IpFragment fragment)
    {
        var (value, mask) = fragment switch
        {
            IpFragment.No => (0u, 3u),
            IpFragment.Yes => (1u, 1u),
            IpFragment.First => (1u, 3u),
            IpFragment.Later => (3u, 3u),
            IpFragment.NotLater => (0u, 2u),
            _ => throw new ArgumentOutOfRangeException(nameof(fragment)),
        };
        return With(OxmField.IpFrag, value, mask);
    }

    /// <summary>Source port of the protocol chosen before.</summary>
    /// <exception cref="InvalidOperationException">The protocol is not TCP, UDP or SCTP.</exception>
    public Match TpSrc(ushort port, ushort mask = 0xffff) => With(Transport(source: true), port, mask);

    /// <summary>Destination port of the protocol chosen before.</summary>
    /// <exception cref="InvalidOperationException">The protocol is not TCP, UDP or SCTP.</exception>
    public Match TpDst(ushort port, ushort mask = 0xffff) => With(Transport(source: false), port, mask);

    /// <summary>TCP flags under a mask (bit 0 fin, 1 syn, 2 rst, 3 psh, 4 ack, …).</summary>
    public Match TcpFlags(ushort flags, ushort mask = 0xfff) => With(OxmField.TcpFlags, flags, mask);

    /// <summary>ICMPv4 type.</summary>
    public Match IcmpType(byte type) => With(OxmField.IcmpType, type);

    /// <summary>ICMPv4 code.</summary>
    public Match IcmpCode(byte code) => With(OxmField.IcmpCode, code);

    /// <summary>ICMPv6 type.</summary>
    public Match IcmpV6Type(byte type) => With(OxmField.Icmpv6Type, type);

    /// <summary>ICMPv6 code.</summary>
    public Match IcmpV6Code(byte code) => With(OxmField.Icmpv6Code, code);

    /// <summary>Target of a neighbour solicitation or advertisement.</summary>
    public Match NdTarget(IPAddress address, int prefix = 128) => Prefix(OxmField.NdTarget, address, prefix);

    /// <summary>Source link-layer address option of a neighbour solicitation.</summary>
    public Match NdSll(EthAddr address) => With(OxmField.NdSll, address.Value);

    /// <summary>Target link-layer address option of a neighbour advertisement.</summary>
    public Match NdTll(EthAddr address) => With(OxmField.NdTll, address.Value);

    /// <summary>ARP opcode: 1 request, 2 reply.</summary>
    public Match ArpOp(byte opcode) => With(OxmField.ArpOp, opcode);

    /// <summary>ARP sender protocol address.</summary>
    public Match ArpSpa(IPAddress address, int prefix = 32) => Prefix(OxmField.ArpSpa, address, prefix);

    /// <summary>ARP target protocol address.</summary>
    public Match ArpTpa(IPAddress address, int prefix = 32) => Prefix(OxmField.ArpTpa, address, prefix);

    /// <summary>ARP sender hardware address.</summary>
    public Match ArpSha(EthAddr address) => With(OxmField.ArpSha, address.Value);

    /// <summary>ARP target hardware address.</summary>
    public Match ArpTha(EthAddr address) => With(OxmField.ArpTha, address.Value);

    private OxmField Transport(bool source) => (Find(OxmField.NwProto) is { } p ? (uint)p.Value : 0) switch
    {
        6 => source ? OxmField.TcpSrc : OxmField.TcpDst,
        17 => source ? OxmField.UdpSrc : OxmField.UdpDst,
        132 => source ? OxmField.SctpSrc : OxmField.SctpDst,
        _ => throw new InvalidOperationException("a transport port needs TCP, UDP or SCTP to be chosen before"),
    };

    private Match Prefix(OxmField field, IPAddress address, int prefix)
    {
        ArgumentNullException.ThrowIfNull(address);
        var wanted = field.Bits == 32 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (address.AddressFamily != wanted)
            throw new ArgumentException($"{field} takes no address of family {address.AddressFamily}");
        ArgumentOutOfRangeException.ThrowIfNegative(prefix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefix, field.Bits);
        var mask = prefix == 0 ? 0 : field.FullMask & ~((UInt128.One << (field.Bits - prefix)) - 1);
        return With(field, FieldText.ToNumber(address) & mask, mask);
    }
}
