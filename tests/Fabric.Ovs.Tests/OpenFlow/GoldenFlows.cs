using System.Net;
using Fabric.Ovs.OpenFlow;
using static Fabric.Ovs.OpenFlow.FlowAction;
using Match = Fabric.Ovs.OpenFlow.Match;

namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>Every field and action with the text ovs-ofctl 3.1 prints for it.</summary>
internal static class GoldenFlows
{
    private static readonly IPAddress V4 = IPAddress.Parse("10.1.2.3");
    private static readonly IPAddress V6 = IPAddress.Parse("fd00::1:2");
    private static readonly EthAddr Mac = EthAddr.Parse("0a:58:00:00:00:01");

    internal static readonly (Match Match, string Text)[] Matches =
    [
        (Match.Any, ""),
        (Match.Any.InPort(7), "in_port=7"),
        (Match.Any.InPort(OfPort.Local), "in_port=LOCAL"),
        (Match.Any.EthType(0x88cc), "dl_type=0x88cc"),
        (Match.Any.EthSrc(Mac), "dl_src=0a:58:00:00:00:01"),
        (Match.Any.EthDst(EthAddr.Parse("01:00:00:00:00:00"), EthAddr.Parse("01:00:00:00:00:00")),
            "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"),
        (Match.Any.VlanVid(100), "dl_vlan=100"),
        (Match.Any.VlanVid(0), "dl_vlan=0"),
        (Match.Any.VlanVid(100).VlanPcp(3), "dl_vlan=100,dl_vlan_pcp=3"),
        (Match.Any.VlanPcp(3), "dl_vlan_pcp=3"),
        (Match.Any.Untagged(), "vlan_tci=0x0000/0x1fff"),
        (Match.Any.VlanTci(0x1000, 0x1000), "vlan_tci=0x1000/0x1000"),
        (Match.Any.Ip(), "ip"),
        (Match.Any.Ipv6(), "ipv6"),
        (Match.Any.Arp(), "arp"),
        (Match.Any.Tcp(), "tcp"),
        (Match.Any.Tcp6(), "tcp6"),
        (Match.Any.Udp(), "udp"),
        (Match.Any.Udp6(), "udp6"),
        (Match.Any.Sctp(), "sctp"),
        (Match.Any.Sctp6(), "sctp6"),
        (Match.Any.Icmp(), "icmp"),
        (Match.Any.Icmp6(), "icmp6"),
        (Match.Any.EthType(0x8035), "rarp"),
        (Match.Any.Ip().NwProto(47), "ip,nw_proto=47"),
        (Match.Any.Ipv6().NwProto(47), "ipv6,nw_proto=47"),
        (Match.Any.Ip().NwSrc(V4).NwDst(V4, 16), "ip,nw_src=10.1.2.3,nw_dst=10.1.0.0/16"),
        (Match.Any.Ip().With(OxmField.IpSrc, 0x0a000001, 0xff0000ff), "ip,nw_src=10.0.0.1/255.0.0.255"),
        (Match.Any.Ipv6().Ipv6Src(V6).Ipv6Dst(V6, 64), "ipv6,ipv6_src=fd00::1:2,ipv6_dst=fd00::/64"),
        (Match.Any.Ipv6().With(OxmField.Ipv6Src, 1, 0xff), "ipv6,ipv6_src=::1/::ff"),
        (Match.Any.Ipv6().With(OxmField.Ipv6Label, 0xab), "ipv6,ipv6_label=0x000ab"),
        (Match.Any.Ip().NwTtl(1), "ip,nw_ttl=1"),
        (Match.Any.Ip().With(OxmField.IpDscp, 46).With(OxmField.NwEcn, 1), "ip,nw_tos=184,nw_ecn=1"),
        (Match.Any.Ip().IpFrag(IpFragment.No), "ip,nw_frag=no"),
        (Match.Any.Ip().IpFrag(IpFragment.Yes), "ip,nw_frag=yes"),
        (Match.Any.Ip().IpFrag(IpFragment.First), "ip,nw_frag=first"),
        (Match.Any.Ip().IpFrag(IpFragment.Later), "ip,nw_frag=later"),
        (Match.Any.Ipv6().IpFrag(IpFragment.NotLater), "ipv6,nw_frag=not_later"),
        (Match.Any.Tcp().TpSrc(1).TpDst(80), "tcp,tp_src=1,tp_dst=80"),
        (Match.Any.Udp6().TpDst(0x1000, 0xf000), "udp6,tp_dst=0x1000/0xf000"),
        (Match.Any.Sctp().TpSrc(9), "sctp,tp_src=9"),
        (Match.Any.Tcp().TcpFlags(0x02, 0x12), "tcp,tcp_flags=+syn-ack"),
        (Match.Any.Tcp().TcpFlags(0x12), "tcp,tcp_flags=syn|ack"),
        (Match.Any.Icmp().IcmpType(8).IcmpCode(0), "icmp,icmp_type=8,icmp_code=0"),
        (Match.Any.Icmp6().IcmpV6Type(135).IcmpV6Code(0).NdTarget(V6).NdSll(Mac),
            "icmp6,icmp_type=135,icmp_code=0,nd_target=fd00::1:2,nd_sll=0a:58:00:00:00:01"),
        (Match.Any.Icmp6().IcmpV6Type(136).IcmpV6Code(0).NdTll(Mac),
            "icmp6,icmp_type=136,icmp_code=0,nd_tll=0a:58:00:00:00:01"),
        (Match.Any.Arp().ArpOp(1).ArpSpa(V4).ArpTpa(V4, 24).ArpSha(Mac).ArpTha(Mac),
            "arp,arp_spa=10.1.2.3,arp_tpa=10.1.2.0/24,arp_op=1,arp_sha=0a:58:00:00:00:01,arp_tha=0a:58:00:00:00:01"),
        (Match.Any.TunId(77), "tun_id=0x4d"),
        (Match.Any.TunId(0), "tun_id=0"),
        (Match.Any.TunSrc(V4).TunDst(V4, 8), "tun_src=10.1.2.3,tun_dst=10.0.0.0/8"),
        (Match.Any.TunIpv6Src(V6).TunIpv6Dst(V6), "tun_ipv6_src=fd00::1:2,tun_ipv6_dst=fd00::1:2"),
        (Match.Any.Metadata(5), "metadata=0x5"),
        (Match.Any.Metadata(0x50, 0xf0), "metadata=0x50/0xf0"),
        (Match.Any.PktMark(3, 3), "pkt_mark=0x3/0x3"),
        (Match.Any.ConjId(12), "conj_id=12"),
        (Match.Any.Reg(0, 0).Reg(15, 2), "reg0=0,reg15=0x2"),
        (Match.Any.Reg(OxmField.Registers[3][8, 15], 1), "reg3=0x100/0xff00"),
        (Match.Any.With(OxmField.XRegisters[1], 0x1_0000_0002), "reg2=0x1,reg3=0x2"),
        (Match.Any.With(OxmField.XXRegisters[1], 7, 15), "reg7=0x7/0xf"),
        (Match.Any.CtState(CtStates.New | CtStates.Trk, CtStates.Inv), "ct_state=+new-inv+trk"),
        (Match.Any.CtState(CtStates.Est | CtStates.Trk, (CtStates)0xdd), "ct_state=est|trk"),
        (Match.Any.CtZone(5), "ct_zone=5"),
        (Match.Any.CtMark(1, 1), "ct_mark=0x1/0x1"),
        (Match.Any.CtLabel(UInt128.One << 100), "ct_label=0x10000000000000000000000000"),
        (Match.Any.CtLabel(0, 0xff), "ct_label=0/0xff"),
        (Match.Any.CtState(CtStates.Trk | CtStates.Est).Tcp()
                .CtNwSrc(V4).CtNwDst(V4).CtNwProto(6).CtTpSrc(1).CtTpDst(2),
            "ct_state=+est+trk,ct_nw_src=10.1.2.3,ct_nw_dst=10.1.2.3,ct_nw_proto=6,ct_tp_src=1,ct_tp_dst=2,tcp"),
        (Match.Any.CtState(CtStates.Trk | CtStates.New).Ipv6().CtIpv6Src(V6).CtIpv6Dst(V6),
            "ct_state=+new+trk,ct_ipv6_src=fd00::1:2,ct_ipv6_dst=fd00::1:2,ipv6"),
    ];

    internal static readonly (ActionList Actions, string Text)[] Actions =
    [
        ([], "drop"),
        ([Output(5)], "output:5"),
        ([ToInPort, Local, Normal, Output(OfPort.Flood), Output(OfPort.All)], "IN_PORT,LOCAL,NORMAL,FLOOD,ALL"),
        ([Output(OfPort.Controller), new OutputAction(OfPort.Controller, 128)], "CONTROLLER:65535,CONTROLLER:128"),
        ([Output(OxmField.Registers[2][0, 15])], "output:NXM_NX_REG2[0..15]"),
        ([SetField(OxmField.EthDst, Mac), SetField(OxmField.EthSrc, Mac)],
            "set_field:0a:58:00:00:00:01->eth_dst,set_field:0a:58:00:00:00:01->eth_src"),
        ([SetField(OxmField.TunId, 77), SetField(OxmField.TunDst, V4), SetField(OxmField.TunIpv6Dst, V6)],
            "set_field:0x4d->tun_id,set_field:10.1.2.3->tun_dst,set_field:fd00::1:2->tun_ipv6_dst"),
        ([SetField(OxmField.Registers[0], 0), Load(OxmField.Registers[1][0, 15], 5)],
            "set_field:0->reg0,set_field:0x5/0xffff->reg1"),
        ([SetField(OxmField.XRegisters[0], 1), SetField(OxmField.XXRegisters[0], 1), SetField(OxmField.Metadata, 9)],
            "set_field:0x1->xreg0,set_field:0x1->xxreg0,set_field:0x9->metadata"),
        ([SetField(OxmField.PktMark, 1, 1), SetField(OxmField.InPort16, 0)],
            "set_field:0x1/0x1->pkt_mark,set_field:0->in_port"),
        ([Move(OxmField.EthSrc, OxmField.EthDst), Move(OxmField.Registers[0][0, 7], OxmField.Metadata[8, 15])],
            "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],move:NXM_NX_REG0[0..7]->OXM_OF_METADATA[8..15]"),
        ([Move(OxmField.Registers[0][3, 3], OxmField.XRegisters[1][40, 40])],
            "move:NXM_NX_REG0[3]->OXM_OF_PKT_REG1[40]"),
        ([Resubmit(5), new ResubmitAction(3, 255, false), new ResubmitAction(3, 4, false)],
            "resubmit(,5),resubmit:3,resubmit(3,4)"),
        ([PushVlan(), SetVlan(100), Output(1), PopVlan],
            "push_vlan:0x8100,set_field:4196->vlan_vid,output:1,pop_vlan"),
        ([CtClear, Note([1, 2, 3])], "ct_clear,note:01.02.03.00.00.00"),
        ([Output(1), GotoTable(9)], "output:1,goto_table:9"),
        ([GotoTable(9)], "goto_table:9"),
    ];

    internal static readonly (Match Match, ActionList Actions, string Text)[] IpActions =
    [
        (Match.Any.Ip(), [DecTtl, SetField(OxmField.NwTtl, 3), SetField(OxmField.IpSrc, V4)],
            "ip actions=dec_ttl,set_field:3->nw_ttl,set_field:10.1.2.3->ip_src"),
        (Match.Any.Ip(), [SetField(OxmField.IpDscp, 46), SetField(OxmField.NwEcn, 2)],
            "ip actions=set_field:46->ip_dscp,set_field:2->nw_ecn"),
        (Match.Any.Tcp(), [SetField(OxmField.TcpDst, 80), SetField(OxmField.TcpSrc, 0x100, 0xff00)],
            "tcp actions=set_field:80->tcp_dst,set_field:256/0xff00->tcp_src"),
        (Match.Any.Ipv6(), [SetField(OxmField.Ipv6Dst, V6), SetField(OxmField.Ipv6Src, 1, 0xffff)],
            "ipv6 actions=set_field:fd00::1:2->ipv6_dst,set_field:::1/::ffff->ipv6_src"),
        (Match.Any.Arp(), [SetField(OxmField.ArpOp, 2), SetField(OxmField.ArpSpa, V4), SetField(OxmField.ArpSha, Mac)],
            "arp actions=set_field:2->arp_op,set_field:10.1.2.3->arp_spa,set_field:0a:58:00:00:00:01->arp_sha"),
        (Match.Any.Icmp(), [SetField(OxmField.IcmpType, 0)], "icmp actions=set_field:0->icmp_type"),
        (Match.Any.Icmp6().IcmpV6Type(136).IcmpV6Code(0),
            [SetField(OxmField.NdTarget, V6), SetField(OxmField.NdTll, Mac)],
            "icmp6,icmp_type=136,icmp_code=0 actions=set_field:fd00::1:2->nd_target," +
            "set_field:0a:58:00:00:00:01->nd_tll"),
        (Match.Any.CtState(CtStates.Trk, CtStates.Inv).Tcp(), [ResubmitCt(6)],
            "ct_state=-inv+trk,tcp actions=resubmit(,6,ct)"),
        (Match.Any.Ip(), [Ct(table: 4)], "ip actions=ct(table=4)"),
        (Match.Any.Ip(), [Ct(zone: 7, table: 4, nat: NatAction.Existing)], "ip actions=ct(table=4,zone=7,nat)"),
        (Match.Any.Ip(), [Ct()], "ip actions=ct()"),
        (Match.Any.Ip(), [Ct(commit: true, force: true, zoneField: OxmField.Registers[5][0, 15])],
            "ip actions=ct(commit,force,zone=NXM_NX_REG5[0..15])"),
        (Match.Any.Ip(),
            [Ct(commit: true, zone: 1, nat: NatAction.Src(V4, IPAddress.Parse("10.1.2.9"), 1, 9, NatFlags.Random))],
            "ip actions=ct(commit,zone=1,nat(src=10.1.2.3-10.1.2.9:1-9,random))"),
        (Match.Any.Ip(), [Ct(commit: true, nat: NatAction.Dst(V4, portMin: 80))],
            "ip actions=ct(commit,nat(dst=10.1.2.3:80))"),
        (Match.Any.Ipv6(), [Ct(commit: true, nat: NatAction.Dst(V6, portMin: 80))],
            "ipv6 actions=ct(commit,nat(dst=[fd00::1:2]:80))"),
        (Match.Any.Ipv6(), [Ct(commit: true, nat: NatAction.Src(V6, IPAddress.Parse("fd00::2:0")))],
            "ipv6 actions=ct(commit,nat(src=fd00::1:2-fd00::2:0))"),
        (Match.Any.Tcp(), [new CtAction(true, false, 0, null, null, [], 21)], "tcp actions=ct(commit,alg=ftp)"),
        (Match.Any.Ip(),
            [Ct(commit: true, table: 3, nat: NatAction.Existing,
                exec: [SetField(OxmField.CtMark, 1), SetField(OxmField.CtLabel, 0x10, 0xf0)])],
            "ip actions=ct(commit,table=3,nat,exec(set_field:0x1->ct_mark,set_field:0x10/0xf0->ct_label))"),
        (Match.Any.Ip(),
            [Ct(commit: true, exec: [Move(OxmField.Registers[0], OxmField.CtLabel[32, 63])])],
            "ip actions=ct(commit,exec(move:NXM_NX_REG0[]->NXM_NX_CT_LABEL[32..63]))"),
    ];

    /// <summary>All of them as flows with distinct keys, and their text.</summary>
    internal static (Flow Flow, string Text)[] All()
    {
        var all = new List<(Flow, string)>();
        ushort priority = 1;
        void Add(Match match, ActionList actions, string matchText, string actionText)
        {
            var comma = matchText.Length > 0 ? "," : "";
            all.Add((
                new Flow { Priority = priority, Match = match, Actions = actions },
                $"priority={priority}{comma}{matchText} actions={actionText}"));
            priority++;
        }

        foreach (var (match, text) in Matches) Add(match, [], text, "drop");
        foreach (var (actions, text) in Actions) Add(Match.Any, actions, "", text);
        foreach (var (match, actions, text) in IpActions)
        {
            var parts = text.Split(" actions=");
            Add(match, actions, parts[0], parts[1]);
        }

        return [.. all];
    }
}
