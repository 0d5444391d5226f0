namespace Fabric.Ovs.OpenFlow;

/// <summary>The table of fields, in the order in which ovs-ofctl prints them in a match.</summary>
public sealed partial class OxmField
{
    /// <summary>The skb mark.</summary>
    public static readonly OxmField PktMark = new("pkt_mark", 32, 4, FieldFormat.Hex)
    {
        MatchOrder = 0, NxmName = "NXM_NX_PKT_MARK", OxmId = Id(0x1, 33), NxmId = Id(0x1, 33), Maskable = true,
    };

    /// <summary>The id of a satisfied conjunction.</summary>
    public static readonly OxmField ConjId = new("conj_id", 32, 4, FieldFormat.Decimal)
    {
        MatchOrder = 1, NxmName = "NXM_NX_CONJ_ID", OxmId = Id(0x1, 37), NxmId = Id(0x1, 37), Writable = false,
    };

    /// <summary>Connection state bits, see <see cref="CtStates"/>.</summary>
    public static readonly OxmField CtState = new("ct_state", 32, 4, FieldFormat.CtState)
    {
        MatchOrder = 2, NxmName = "NXM_NX_CT_STATE", OxmId = Id(0x1, 105), NxmId = Id(0x1, 105), Maskable = true,
        Writable = false, ValueBits = 8,
    };

    /// <summary>Connection tracking zone.</summary>
    public static readonly OxmField CtZone = new("ct_zone", 16, 2, FieldFormat.Hex)
    {
        MatchOrder = 3, NxmName = "NXM_NX_CT_ZONE", OxmId = Id(0x1, 106), NxmId = Id(0x1, 106), Writable = false,
    };

    /// <summary>The mark of the committed connection.</summary>
    public static readonly OxmField CtMark = new("ct_mark", 32, 4, FieldFormat.Hex)
    {
        MatchOrder = 4, NxmName = "NXM_NX_CT_MARK", OxmId = Id(0x1, 107), NxmId = Id(0x1, 107), Maskable = true,
    };

    /// <summary>The label of the committed connection.</summary>
    public static readonly OxmField CtLabel = new("ct_label", 128, 16, FieldFormat.Hex)
    {
        MatchOrder = 5, NxmName = "NXM_NX_CT_LABEL", OxmId = Id(0x1, 108), NxmId = Id(0x1, 108), Maskable = true,
    };

    /// <summary>IPv4 source of the original direction.</summary>
    public static readonly OxmField CtNwSrc = new("ct_nw_src", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 6, NxmName = "NXM_NX_CT_NW_SRC", OxmId = Id(0x1, 120), NxmId = Id(0x1, 120), Maskable = true,
        Writable = false,
    };

    /// <summary>IPv6 source of the original direction.</summary>
    public static readonly OxmField CtIpv6Src = new("ct_ipv6_src", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 7, NxmName = "NXM_NX_CT_IPV6_SRC", OxmId = Id(0x1, 122), NxmId = Id(0x1, 122), Maskable = true,
        Writable = false,
    };

    /// <summary>IPv4 destination of the original direction.</summary>
    public static readonly OxmField CtNwDst = new("ct_nw_dst", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 8, NxmName = "NXM_NX_CT_NW_DST", OxmId = Id(0x1, 121), NxmId = Id(0x1, 121), Maskable = true,
        Writable = false,
    };

    /// <summary>IPv6 destination of the original direction.</summary>
    public static readonly OxmField CtIpv6Dst = new("ct_ipv6_dst", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 9, NxmName = "NXM_NX_CT_IPV6_DST", OxmId = Id(0x1, 123), NxmId = Id(0x1, 123), Maskable = true,
        Writable = false,
    };

    /// <summary>IP protocol of the original direction.</summary>
    public static readonly OxmField CtNwProto = new("ct_nw_proto", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 10, NxmName = "NXM_NX_CT_NW_PROTO", OxmId = Id(0x1, 119), NxmId = Id(0x1, 119), Writable = false,
    };

    /// <summary>Transport source port of the original direction.</summary>
    public static readonly OxmField CtTpSrc = new("ct_tp_src", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 11, NxmName = "NXM_NX_CT_TP_SRC", OxmId = Id(0x1, 124), NxmId = Id(0x1, 124), Maskable = true,
        Writable = false,
    };

    /// <summary>Transport destination port of the original direction.</summary>
    public static readonly OxmField CtTpDst = new("ct_tp_dst", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 12, NxmName = "NXM_NX_CT_TP_DST", OxmId = Id(0x1, 125), NxmId = Id(0x1, 125), Maskable = true,
        Writable = false,
    };

    /// <summary>Ethernet type.</summary>
    public static readonly OxmField EthType = new("eth_type", 16, 2, FieldFormat.Hex)
    {
        MatchOrder = 13, NxmName = "NXM_OF_ETH_TYPE", OxmId = Id(0x8000, 5), NxmId = Id(0x0, 3),
        MatchName = "dl_type",
        Writable = false, IsPrerequisite = true,
    };

    /// <summary>Tunnel key: the VNI in the low 24 bits.</summary>
    public static readonly OxmField TunId = new("tun_id", 64, 8, FieldFormat.Hex)
    {
        MatchOrder = 30, NxmName = "NXM_NX_TUN_ID", OxmId = Id(0x8000, 38), NxmId = Id(0x1, 16), Maskable = true,
    };

    /// <summary>Outer IPv4 source.</summary>
    public static readonly OxmField TunSrc = new("tun_src", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 31, NxmName = "NXM_NX_TUN_IPV4_SRC", OxmId = Id(0x1, 31), NxmId = Id(0x1, 31), Maskable = true,
    };

    /// <summary>Outer IPv4 destination.</summary>
    public static readonly OxmField TunDst = new("tun_dst", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 32, NxmName = "NXM_NX_TUN_IPV4_DST", OxmId = Id(0x1, 32), NxmId = Id(0x1, 32), Maskable = true,
    };

    /// <summary>Outer IPv6 source.</summary>
    public static readonly OxmField TunIpv6Src = new("tun_ipv6_src", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 33, NxmName = "NXM_NX_TUN_IPV6_SRC", OxmId = Id(0x1, 109), NxmId = Id(0x1, 109), Maskable = true,
    };

    /// <summary>Outer IPv6 destination.</summary>
    public static readonly OxmField TunIpv6Dst = new("tun_ipv6_dst", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 34, NxmName = "NXM_NX_TUN_IPV6_DST", OxmId = Id(0x1, 110), NxmId = Id(0x1, 110), Maskable = true,
    };

    /// <summary>OpenFlow metadata.</summary>
    public static readonly OxmField Metadata = new("metadata", 64, 8, FieldFormat.Hex)
    {
        MatchOrder = 35, NxmName = "OXM_OF_METADATA", OxmId = Id(0x8000, 2), NxmId = Id(0x8000, 2), Maskable = true,
    };

    /// <summary>Ingress port, 32 bits, for matching.</summary>
    public static readonly OxmField InPort = new("in_port_oxm", 32, 4, FieldFormat.Port32)
    {
        MatchOrder = 36, NxmName = "OXM_OF_IN_PORT", OxmId = Id(0x8000, 0), NxmId = Id(0x8000, 0),
        MatchName = "in_port",
        Writable = false,
    };

    /// <summary>VLAN id with OFPVID_PRESENT (0x1000).</summary>
    public static readonly OxmField VlanVid = new("vlan_vid", 12, 2, FieldFormat.Decimal)
    {
        MatchOrder = 37, NxmName = "OXM_OF_VLAN_VID", OxmId = Id(0x8000, 6), NxmId = Id(0x8000, 6), Maskable = true,
        IsPrerequisite = true, ValueBits = 13,
    };

    /// <summary>VLAN priority.</summary>
    public static readonly OxmField VlanPcp = new("vlan_pcp", 3, 1, FieldFormat.Decimal)
    {
        MatchOrder = 38, NxmName = "OXM_OF_VLAN_PCP", OxmId = Id(0x8000, 7), NxmId = Id(0x8000, 7),
    };

    /// <summary>Ethernet source.</summary>
    public static readonly OxmField EthSrc = new("eth_src", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 39, NxmName = "NXM_OF_ETH_SRC", OxmId = Id(0x8000, 4), NxmId = Id(0x0, 2), MatchName = "dl_src",
        Maskable = true,
    };

    /// <summary>Ethernet destination.</summary>
    public static readonly OxmField EthDst = new("eth_dst", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 40, NxmName = "NXM_OF_ETH_DST", OxmId = Id(0x8000, 3), NxmId = Id(0x0, 1), MatchName = "dl_dst",
        Maskable = true,
    };

    /// <summary>IPv6 source.</summary>
    public static readonly OxmField Ipv6Src = new("ipv6_src", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 41, NxmName = "NXM_NX_IPV6_SRC", OxmId = Id(0x8000, 26), NxmId = Id(0x1, 19), Maskable = true,
    };

    /// <summary>IPv6 destination.</summary>
    public static readonly OxmField Ipv6Dst = new("ipv6_dst", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 42, NxmName = "NXM_NX_IPV6_DST", OxmId = Id(0x8000, 27), NxmId = Id(0x1, 20), Maskable = true,
    };

    /// <summary>IPv6 flow label.</summary>
    public static readonly OxmField Ipv6Label = new("ipv6_label", 20, 4, FieldFormat.Hex)
    {
        MatchOrder = 43, NxmName = "NXM_NX_IPV6_LABEL", OxmId = Id(0x8000, 28), NxmId = Id(0x1, 27), Maskable = true,
    };

    /// <summary>ARP sender protocol address.</summary>
    public static readonly OxmField ArpSpa = new("arp_spa", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 44, NxmName = "NXM_OF_ARP_SPA", OxmId = Id(0x8000, 22), NxmId = Id(0x0, 16), Maskable = true,
    };

    /// <summary>ARP target protocol address.</summary>
    public static readonly OxmField ArpTpa = new("arp_tpa", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 45, NxmName = "NXM_OF_ARP_TPA", OxmId = Id(0x8000, 23), NxmId = Id(0x0, 17), Maskable = true,
    };

    /// <summary>IPv4 source.</summary>
    public static readonly OxmField IpSrc = new("ip_src", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 46, NxmName = "NXM_OF_IP_SRC", OxmId = Id(0x8000, 11), NxmId = Id(0x0, 7), MatchName = "nw_src",
        Maskable = true,
    };

    /// <summary>IPv4 destination.</summary>
    public static readonly OxmField IpDst = new("ip_dst", 32, 4, FieldFormat.Ipv4)
    {
        MatchOrder = 47, NxmName = "NXM_OF_IP_DST", OxmId = Id(0x8000, 12), NxmId = Id(0x0, 8), MatchName = "nw_dst",
        Maskable = true,
    };

    /// <summary>IPv4 or IPv6 protocol.</summary>
    public static readonly OxmField NwProto = new("nw_proto", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 48, NxmName = "NXM_OF_IP_PROTO", OxmId = Id(0x8000, 10), NxmId = Id(0x0, 6), Writable = false,
        IsPrerequisite = true,
    };

    /// <summary>ARP opcode, at most 255.</summary>
    public static readonly OxmField ArpOp = new("arp_op", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 49, NxmName = "NXM_OF_ARP_OP", OxmId = Id(0x8000, 21), NxmId = Id(0x0, 15),
    };

    /// <summary>ARP sender hardware address.</summary>
    public static readonly OxmField ArpSha = new("arp_sha", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 50, NxmName = "NXM_NX_ARP_SHA", OxmId = Id(0x8000, 24), NxmId = Id(0x1, 17), Maskable = true,
    };

    /// <summary>ARP target hardware address.</summary>
    public static readonly OxmField ArpTha = new("arp_tha", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 51, NxmName = "NXM_NX_ARP_THA", OxmId = Id(0x8000, 25), NxmId = Id(0x1, 18), Maskable = true,
    };

    /// <summary>DSCP, not shifted.</summary>
    public static readonly OxmField IpDscp = new("ip_dscp", 6, 1, FieldFormat.Decimal)
    {
        MatchOrder = 52, NxmName = "OXM_OF_IP_DSCP", OxmId = Id(0x8000, 8), NxmId = Id(0x8000, 8),
        MatchName = "nw_tos",
    };

    /// <summary>ECN bits.</summary>
    public static readonly OxmField NwEcn = new("nw_ecn", 2, 1, FieldFormat.Decimal)
    {
        MatchOrder = 53, NxmName = "NXM_NX_IP_ECN", OxmId = Id(0x8000, 9), NxmId = Id(0x1, 28),
    };

    /// <summary>IP TTL or hop limit.</summary>
    public static readonly OxmField NwTtl = new("nw_ttl", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 54, NxmName = "NXM_NX_IP_TTL", OxmId = Id(0x1, 29), NxmId = Id(0x1, 29),
    };

    /// <summary>Fragment bits.</summary>
    public static readonly OxmField IpFrag = new("ip_frag", 2, 1, FieldFormat.Fragment)
    {
        MatchOrder = 55, NxmName = "NXM_NX_IP_FRAG", OxmId = Id(0x1, 26), NxmId = Id(0x1, 26), MatchName = "nw_frag",
        Maskable = true, Writable = false,
    };

    /// <summary>ICMPv4 type.</summary>
    public static readonly OxmField IcmpType = new("icmp_type", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 56, NxmName = "NXM_OF_ICMP_TYPE", OxmId = Id(0x8000, 19), NxmId = Id(0x0, 13),
        IsPrerequisite = true,
    };

    /// <summary>ICMPv4 code.</summary>
    public static readonly OxmField IcmpCode = new("icmp_code", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 57, NxmName = "NXM_OF_ICMP_CODE", OxmId = Id(0x8000, 20), NxmId = Id(0x0, 14),
    };

    /// <summary>ICMPv6 type.</summary>
    public static readonly OxmField Icmpv6Type = new("icmpv6_type", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 58, NxmName = "NXM_NX_ICMPV6_TYPE", OxmId = Id(0x8000, 29), NxmId = Id(0x1, 21),
        MatchName = "icmp_type",
        IsPrerequisite = true,
    };

    /// <summary>ICMPv6 code.</summary>
    public static readonly OxmField Icmpv6Code = new("icmpv6_code", 8, 1, FieldFormat.Decimal)
    {
        MatchOrder = 59, NxmName = "NXM_NX_ICMPV6_CODE", OxmId = Id(0x8000, 30), NxmId = Id(0x1, 22),
        MatchName = "icmp_code",
        IsPrerequisite = true,
    };

    /// <summary>Neighbour discovery target.</summary>
    public static readonly OxmField NdTarget = new("nd_target", 128, 16, FieldFormat.Ipv6)
    {
        MatchOrder = 60, NxmName = "NXM_NX_ND_TARGET", OxmId = Id(0x8000, 31), NxmId = Id(0x1, 23), Maskable = true,
    };

    /// <summary>Source link-layer option of a solicitation.</summary>
    public static readonly OxmField NdSll = new("nd_sll", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 61, NxmName = "NXM_NX_ND_SLL", OxmId = Id(0x8000, 32), NxmId = Id(0x1, 24), Maskable = true,
    };

    /// <summary>Target link-layer option of an advertisement.</summary>
    public static readonly OxmField NdTll = new("nd_tll", 48, 6, FieldFormat.Mac)
    {
        MatchOrder = 62, NxmName = "NXM_NX_ND_TLL", OxmId = Id(0x8000, 33), NxmId = Id(0x1, 25), Maskable = true,
    };

    /// <summary>The 32 bits behind the code of a neighbour discovery message: reserved, or an advertisement's flags.</summary>
    public static readonly OxmField NdReserved = new("nd_reserved", 32, 4, FieldFormat.Decimal)
    {
        NxmName = "ERICOXM_OF_ICMPV6_ND_RESERVED", OxmId = Id(0x1000, 1), NxmId = Id(0x1000, 1),
    };

    /// <summary>The type of the first neighbour discovery option.</summary>
    public static readonly OxmField NdOptionsType = new("nd_options_type", 8, 1, FieldFormat.Decimal)
    {
        NxmName = "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", OxmId = Id(0x1000, 2), NxmId = Id(0x1000, 2),
    };

    /// <summary>TCP source port.</summary>
    public static readonly OxmField TcpSrc = new("tcp_src", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 63, NxmName = "NXM_OF_TCP_SRC", OxmId = Id(0x8000, 13), NxmId = Id(0x0, 9), MatchName = "tp_src",
        Maskable = true,
    };

    /// <summary>TCP destination port.</summary>
    public static readonly OxmField TcpDst = new("tcp_dst", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 64, NxmName = "NXM_OF_TCP_DST", OxmId = Id(0x8000, 14), NxmId = Id(0x0, 10),
        MatchName = "tp_dst",
        Maskable = true,
    };

    /// <summary>UDP source port.</summary>
    public static readonly OxmField UdpSrc = new("udp_src", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 65, NxmName = "NXM_OF_UDP_SRC", OxmId = Id(0x8000, 15), NxmId = Id(0x0, 11),
        MatchName = "tp_src",
        Maskable = true,
    };

    /// <summary>UDP destination port.</summary>
    public static readonly OxmField UdpDst = new("udp_dst", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 66, NxmName = "NXM_OF_UDP_DST", OxmId = Id(0x8000, 16), NxmId = Id(0x0, 12),
        MatchName = "tp_dst",
        Maskable = true,
    };

    /// <summary>SCTP source port.</summary>
    public static readonly OxmField SctpSrc = new("sctp_src", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 67, NxmName = "OXM_OF_SCTP_SRC", OxmId = Id(0x8000, 17), NxmId = Id(0x8000, 17),
        MatchName = "tp_src",
        Maskable = true,
    };

    /// <summary>SCTP destination port.</summary>
    public static readonly OxmField SctpDst = new("sctp_dst", 16, 2, FieldFormat.Decimal)
    {
        MatchOrder = 68, NxmName = "OXM_OF_SCTP_DST", OxmId = Id(0x8000, 18), NxmId = Id(0x8000, 18),
        MatchName = "tp_dst",
        Maskable = true,
    };

    /// <summary>TCP flags.</summary>
    public static readonly OxmField TcpFlags = new("tcp_flags", 12, 2, FieldFormat.TcpFlags)
    {
        MatchOrder = 69, NxmName = "NXM_NX_TCP_FLAGS", OxmId = Id(0x8000, 42), NxmId = Id(0x1, 34), Maskable = true,
        Writable = false,
    };

    /// <summary>Ingress port, 16 bits, for writing.</summary>
    public static readonly OxmField InPort16 = new("in_port", 16, 2, FieldFormat.Port16)
    {
        NxmName = "NXM_OF_IN_PORT", OxmId = Id(0x0, 0), NxmId = Id(0x0, 0),
    };

    /// <summary>The whole VLAN tag, held in a match as vlan_vid and vlan_pcp.</summary>
    public static readonly OxmField VlanTci = new("vlan_tci", 16, 2, FieldFormat.Hex)
    {
        NxmName = "NXM_OF_VLAN_TCI", OxmId = Id(0x0, 4), NxmId = Id(0x0, 4), Maskable = true,
    };

    /// <summary>DSCP shifted left by two, held in a match as ip_dscp.</summary>
    public static readonly OxmField NwTos = new("nw_tos", 8, 1, FieldFormat.Decimal)
    {
        NxmName = "NXM_OF_IP_TOS", OxmId = Id(0x0, 5), NxmId = Id(0x0, 5),
    };
}
