using System.Net;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>Makes random valid flows, the same ones for the same seed.</summary>
internal sealed class FlowGenerator(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Flows with distinct keys.</summary>
    internal List<Flow> Flows(int count)
    {
        var flows = new Dictionary<FlowKey, Flow>();
        while (flows.Count < count)
        {
            var flow = Flow();
            flows[flow.Key] = flow;
        }

        return [.. flows.Values];
    }

    internal Flow Flow()
    {
        var table = (byte)_random.Next(0, 20);
        var match = Match();
        return new Flow
        {
            Table = table,
            Priority = One(3) ? (ushort)32768 : (ushort)_random.Next(65536),
            Cookie = One(4) ? 0 : (ulong)_random.NextInt64(),
            IdleTimeout = One(8) ? (ushort)_random.Next(1000, 65536) : (ushort)0,
            HardTimeout = One(8) ? (ushort)_random.Next(1000, 65536) : (ushort)0,
            Importance = One(8) ? (ushort)_random.Next(65536) : (ushort)0,
            Flags = One(8) ? FlowFlags.SendFlowRemoved : One(8) ? FlowFlags.NoPacketCounts : FlowFlags.None,
            Match = match,
            Actions = Actions(match, table),
        };
    }

    private Match Match()
    {
        var m = Fabric.Ovs.OpenFlow.Match.Any;
        if (One(3)) m = m.InPort(One(4) ? OfPort.Local : (uint)_random.Next(1, 0xfe00));
        if (One(3)) m = m.Reg(_random.Next(16), U32());
        if (One(3)) m = m.Reg(_random.Next(16), U32() & 0xff00, 0xff00);
        if (One(4)) m = m.Reg(OxmField.Registers[_random.Next(16)][4, 9], (uint)_random.Next(64));
        if (One(4)) m = m.TunId((ulong)_random.Next(1 << 24));
        if (One(6)) m = m.TunSrc(Ip4(), _random.Next(33)).TunDst(Ip4());
        if (One(8)) m = m.TunIpv6Src(Ip6(), _random.Next(129)).TunIpv6Dst(Ip6());
        if (One(6)) m = m.Metadata((ulong)_random.NextInt64(), One(2) ? ulong.MaxValue : 0xffff_0000);
        if (One(8)) m = m.PktMark(U32(), One(2) ? uint.MaxValue : 0xf0);
        if (One(10)) m = m.ConjId(U32());
        if (One(5)) m = m.EthSrc(Mac());
        if (One(5)) m = m.EthDst(Mac(), One(2) ? EthAddr.Broadcast : EthAddr.Parse("01:00:00:00:00:00"));
        m = Vlan(m);
        if (One(3)) m = Ct(m);
        return Network(m);
    }

    private Match Vlan(Match m) => _random.Next(12) switch
    {
        0 => m.VlanVid((ushort)_random.Next(4096)),
        1 => m.VlanVid((ushort)_random.Next(4096)).VlanPcp((byte)_random.Next(8)),
        2 => m.Untagged(),
        3 => m.VlanPcp((byte)_random.Next(8)),
        4 => m.VlanTci(0x1000, 0x1000),
        _ => m,
    };

    private Match Ct(Match m)
    {
        m = _random.Next(4) switch
        {
            0 => m.CtState(CtStates.Trk | CtStates.New, CtStates.Inv | CtStates.Est),
            1 => m.CtState(CtStates.Trk | CtStates.Est | CtStates.Rpl),
            2 => m.CtState(CtStates.None, CtStates.Trk),
            _ => m.CtState(CtStates.Trk, (CtStates)0xdf),
        };
        if (One(2)) m = m.CtZone((ushort)_random.Next(65536));
        if (One(2)) m = m.CtMark(U32(), One(2) ? uint.MaxValue : 0xff);
        if (One(2)) m = One(2) ? m.CtLabel(U128()) : m.CtLabel(U128(), U128() | 1);
        return m;
    }

    private Match Network(Match m) => _random.Next(14) switch
    {
        0 => Four(m.Ip()),
        1 => Ports(Four(m.Tcp())),
        2 => Ports(Four(m.Udp())),
        3 => Ports(Four(m.Sctp())),
        4 => Four(m.Icmp()).IcmpType((byte)_random.Next(256)).IcmpCode((byte)_random.Next(256)),
        5 => Six(m.Ipv6()),
        6 => Ports(Six(m.Tcp6())),
        7 => Ports(Six(m.Udp6())),
        8 => Ports(Six(m.Sctp6())),
        9 => Six(m.Icmp6()).IcmpV6Type((byte)_random.Next(256)).IcmpV6Code(0),
        10 => m.Icmp6().IcmpV6Type(135).IcmpV6Code(0).NdTarget(Ip6(), _random.Next(129)).NdSll(Mac()),
        11 => m.Icmp6().IcmpV6Type(136).IcmpV6Code(0).NdTarget(Ip6()).NdTll(Mac()),
        12 => m.Arp().ArpOp((byte)_random.Next(1, 3)).ArpSpa(Ip4(), _random.Next(33)).ArpTpa(Ip4()).ArpSha(Mac())
            .ArpTha(Mac()),
        _ => One(2) ? m.EthType((ushort)_random.Next(0x9000, 0x10000)) : m,
    };

    private Match Four(Match m)
    {
        if (One(2)) m = m.NwSrc(Ip4(), _random.Next(33));
        if (One(2)) m = m.NwDst(Ip4(), _random.Next(33));
        if (m.Find(OxmField.CtState) is { } state && ((uint)state.Value & 0x20) != 0 && One(2))
            m = m.CtNwSrc(Ip4(), _random.Next(33)).CtNwDst(Ip4()).CtNwProto(6).CtTpDst((ushort)_random.Next(65536));
        return Ip(m);
    }

    private Match Six(Match m)
    {
        if (One(2)) m = m.Ipv6Src(Ip6(), _random.Next(129));
        if (One(2)) m = m.Ipv6Dst(Ip6(), _random.Next(129));
        if (One(6)) m = m.With(OxmField.Ipv6Label, (uint)_random.Next(1 << 20));
        if (m.Find(OxmField.CtState) is { } state && ((uint)state.Value & 0x20) != 0 && One(2))
            m = m.CtIpv6Src(Ip6(), _random.Next(129)).CtIpv6Dst(Ip6()).CtNwProto(17).CtTpSrc(0x1200, 0xff00);
        return Ip(m);
    }

    private Match Ip(Match m)
    {
        if (One(6)) m = m.NwTtl((byte)_random.Next(256));
        // A later fragment has no transport header, and OVS refuses a match on both.
        var hasTransport = m.Find(OxmField.NwProto) is not null;
        if (One(6)) m = m.IpFrag(hasTransport ? IpFragment.NotLater : (IpFragment)_random.Next(5));
        if (One(8)) m = m.With(OxmField.IpDscp, (uint)_random.Next(64)).With(OxmField.NwEcn, (uint)_random.Next(4));
        return m.Find(OxmField.NwProto) is null && One(4) ? m.NwProto((byte)_random.Next(140, 256)) : m;
    }

    private Match Ports(Match m)
    {
        if (One(2)) m = m.TpSrc((ushort)_random.Next(65536));
        if (One(2)) m = m.TpDst((ushort)(_random.Next(65536) & 0xfff0), 0xfff0);
        if (One(4) && m.Find(OxmField.NwProto)?.Value == 6) m = m.TcpFlags(2, One(2) ? (ushort)0x12 : (ushort)0xfff);
        return m;
    }

    private ActionList Actions(Match match, byte table)
    {
        var actions = new List<FlowAction>();
        for (var i = _random.Next(5); i > 0; i--) actions.Add(Action(match));
        if (match.Find(OxmField.VlanVid) is null && One(6))
        {
            actions.Add(FlowAction.PushVlan());
            actions.Add(FlowAction.SetVlan((ushort)_random.Next(4096)));
            if (One(2)) actions.Add(FlowAction.PopVlan);
        }

        if (One(3)) actions.Add(FlowAction.GotoTable((byte)(table + 1 + _random.Next(50))));
        return [.. actions];
    }

    private FlowAction Action(Match match) => _random.Next(18) switch
    {
        0 => FlowAction.Output((uint)_random.Next(1, 0xfe00)),
        1 => One(2) ? FlowAction.ToInPort : FlowAction.Output(OfPort.Controller),
        2 => One(2) ? FlowAction.Normal : FlowAction.Local,
        3 => FlowAction.Output(Register()[0, 15]),
        4 => FlowAction.SetField(Register(), U32()),
        5 => FlowAction.SetField(Register(), U32() & 0xf0, 0xf0),
        6 => FlowAction.Load(Register()[8, 19], (uint)_random.Next(1 << 12)),
        7 => FlowAction.SetField(OxmField.EthDst, Mac()),
        8 => FlowAction.SetField(OxmField.TunId, (uint)_random.Next(1 << 24)),
        9 => FlowAction.SetField(OxmField.TunDst, Ip4()),
        10 => FlowAction.Move(Register()[0, 15], Register()[16, 31]),
        11 => FlowAction.Resubmit((byte)_random.Next(255)),
        12 => new ResubmitAction((uint)_random.Next(1, 0xfe00), (byte)_random.Next(256), false),
        13 => FlowAction.CtClear,
        14 => FlowAction.Note([1, 2, (byte)_random.Next(256)]),
        15 when match.Find(OxmField.EthType)?.Value == 0x800 => Track(ipv4: true),
        15 when match.Find(OxmField.EthType)?.Value == 0x86dd => Track(ipv4: false),
        15 => FlowAction.Output(OfPort.Flood),
        16 => FlowAction.Load(OxmField.XRegisters[_random.Next(8)], (ulong)_random.NextInt64()),
        _ => FlowAction.SetField(OxmField.Metadata, (ulong)_random.NextInt64()),
    };

    private FlowAction Track(bool ipv4)
    {
        NatAction? nat = _random.Next(4) switch
        {
            0 => NatAction.Existing,
            1 => ipv4 ? NatAction.Src(Ip4Between(1), Ip4Between(200), 1000, 2000, NatFlags.Random)
                : NatAction.Src(IPAddress.Parse("fd00::1"), IPAddress.Parse("fd00::ff"), 1000, 2000, NatFlags.Hash),
            2 => ipv4 ? NatAction.Dst(Ip4Between(1), portMin: 80) : NatAction.Dst(IPAddress.Parse("fd00::1")),
            _ => null,
        };
        if (nat is null || nat == NatAction.Existing)
        {
            if (One(2))
            {
                return FlowAction.Ct(
                    zone: (ushort)_random.Next(65536), table: (byte)_random.Next(255), nat: nat);
            }
        }

        return FlowAction.Ct(
            commit: true, force: One(2), zoneField: Register()[0, 15], table: One(2) ? (byte)9 : null, nat: nat,
            exec: One(2)
                ? [FlowAction.SetField(OxmField.CtMark, U32()), FlowAction.SetField(OxmField.CtLabel, 5, 0xff)]
                : [FlowAction.Move(Register(), OxmField.CtLabel[32, 63])]);
    }

    private OxmField Register() => OxmField.Registers[_random.Next(16)];

    private bool One(int inHow) => _random.Next(inHow) == 0;

    private uint U32() => One(6) ? 0 : (uint)_random.NextInt64(1L << 32);

    private UInt128 U128() => new((ulong)_random.NextInt64(), (ulong)_random.NextInt64());

    private IPAddress Ip4() => new(BitConverter.GetBytes(U32()));

    private static IPAddress Ip4Between(byte last) => new([10, 0, 0, last]);

    private EthAddr Mac() => new((ulong)_random.NextInt64(1L << 48));

    private IPAddress Ip6()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        for (var i = 0; i < 8; i++)
        {
            if (One(2)) bytes[2 * i] = bytes[2 * i + 1] = 0;
        }

        if (One(8)) Array.Clear(bytes, 0, 12);
        if (One(8)) new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }.CopyTo(bytes, 0);
        return new IPAddress(bytes);
    }
}
