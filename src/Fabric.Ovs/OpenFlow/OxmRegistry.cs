using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// All fields, and lookup by wire number. A class of its own, so that every field is constructed before the index,
/// whatever the order in which the compiler runs the initializers of <see cref="OxmField"/>'s files.
/// </summary>
internal static class OxmRegistry
{
    internal static readonly ImmutableArray<OxmField> All =
    [
        OxmField.PktMark, OxmField.ConjId, OxmField.CtState, OxmField.CtZone, OxmField.CtMark, OxmField.CtLabel,
        OxmField.CtNwSrc, OxmField.CtIpv6Src, OxmField.CtNwDst, OxmField.CtIpv6Dst, OxmField.CtNwProto,
        OxmField.CtTpSrc, OxmField.CtTpDst, OxmField.EthType, .. OxmField.Registers, OxmField.TunId,
        OxmField.TunSrc, OxmField.TunDst, OxmField.TunIpv6Src, OxmField.TunIpv6Dst, OxmField.Metadata,
        OxmField.InPort, OxmField.VlanVid, OxmField.VlanPcp, OxmField.EthSrc, OxmField.EthDst, OxmField.Ipv6Src,
        OxmField.Ipv6Dst, OxmField.Ipv6Label, OxmField.ArpSpa, OxmField.ArpTpa, OxmField.IpSrc, OxmField.IpDst,
        OxmField.NwProto, OxmField.ArpOp, OxmField.ArpSha, OxmField.ArpTha, OxmField.IpDscp, OxmField.NwEcn,
        OxmField.NwTtl, OxmField.IpFrag, OxmField.IcmpType, OxmField.IcmpCode, OxmField.Icmpv6Type,
        OxmField.Icmpv6Code, OxmField.NdTarget, OxmField.NdSll, OxmField.NdTll, OxmField.NdReserved, OxmField.NdOptionsType, OxmField.TcpSrc,
        OxmField.TcpDst, OxmField.UdpSrc, OxmField.UdpDst, OxmField.SctpSrc, OxmField.SctpDst,
        OxmField.TcpFlags, OxmField.InPort16, OxmField.VlanTci, OxmField.NwTos,
        .. OxmField.XRegisters, .. OxmField.XXRegisters,
    ];

    private static readonly FrozenDictionary<uint, OxmField> ById = All
        .SelectMany(field => new[] { field.OxmId, field.NxmId }.Distinct().Select(id => (id, field)))
        .ToFrozenDictionary(pair => pair.id, pair => pair.field);

    /// <summary>The field with this OXM or NXM header, or null when it is unknown.</summary>
    internal static OxmField? Find(uint header) => ById.GetValueOrDefault(header >> 9);
}
