using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Writes a match in the order and with the shorthands of ovs-ofctl.</summary>
internal static class MatchText
{
    private const ushort DefaultPriority = 32768;

    /// <summary>Appends the match, preceded by its priority unless that is 32768; no blank at the end.</summary>
    internal static void Append(StringBuilder s, Match match, ushort priority)
    {
        var start = s.Length;
        if (priority != DefaultPriority) s.Append(CultureInfo.InvariantCulture, $"priority={priority},");
        var shorthand = Shorthand(match, out var coversProtocol);
        var typePending = shorthand is null && match.Find(OxmField.EthType) is not null;
        var typeAt = OxmField.EthType.MatchOrder;
        var typeDone = false;
        foreach (var field in match.Fields)
        {
            var order = field.Field.MatchOrder;
            if (!typeDone && order >= typeAt)
            {
                typeDone = true;
                if (shorthand is not null) s.Append(shorthand).Append(',');
            }

            if (typePending && order > OxmField.EthDst.MatchOrder)
            {
                typePending = false;
                AppendEthType(s, match);
            }

            if (field.Field == OxmField.EthType) continue;
            if (field.Field == OxmField.NwProto && coversProtocol) continue;
            if (field.Field == OxmField.VlanPcp && match.Find(OxmField.VlanVid) is not null) continue;
            if (field.Field == OxmField.VlanVid) AppendVlan(s, field, match.Find(OxmField.VlanPcp));
            else AppendField(s, field);
            s.Append(',');
        }

        if (typePending) AppendEthType(s, match);
        if (match.Opaque.Length > 0) s.Append("oxm(0x").Append(match.Opaque).Append("),");
        if (s.Length > start) s.Length--;
    }

    private static void AppendEthType(StringBuilder s, Match match) =>
        s.Append(CultureInfo.InvariantCulture, $"dl_type=0x{(uint)match.Find(OxmField.EthType)!.Value.Value:x4},");

    private static string? Shorthand(Match match, out bool coversProtocol)
    {
        coversProtocol = false;
        if (match.Find(OxmField.EthType) is not { } type) return null;
        var protocol = match.Find(OxmField.NwProto) is { } found ? (int)(uint)found.Value : -1;
        var name = ((uint)type.Value, protocol) switch
        {
            (0x0800, 1) => "icmp",
            (0x0800, 6) => "tcp",
            (0x0800, 17) => "udp",
            (0x0800, 132) => "sctp",
            (0x86dd, 58) => "icmp6",
            (0x86dd, 6) => "tcp6",
            (0x86dd, 17) => "udp6",
            (0x86dd, 132) => "sctp6",
            _ => null,
        };
        coversProtocol = name is not null;
        return name ?? (uint)type.Value switch
        {
            0x0800 => "ip",
            0x86dd => "ipv6",
            0x0806 => "arp",
            0x8035 => "rarp",
            0x8847 => "mpls",
            0x8848 => "mplsm",
            _ => null,
        };
    }

    private static void AppendVlan(StringBuilder s, MatchField vid, MatchField? pcp)
    {
        var tci = (uint)vid.Value | (pcp is { } p ? (uint)p.Value << 13 : 0);
        var mask = (uint)vid.Mask | (pcp is null ? 0 : 0xe000u);
        var vidMask = mask & 0xfff;
        if ((mask & 0x1000) != 0 && (tci & 0x1000) != 0 && vidMask is 0 or 0xfff && (mask & 0xefff) != 0)
        {
            if (vidMask != 0) s.Append(CultureInfo.InvariantCulture, $"dl_vlan={tci & 0xfff},");
            if (pcp is not null) s.Append(CultureInfo.InvariantCulture, $"dl_vlan_pcp={tci >> 13},");
            s.Length--;
        }
        else if (mask == 0xffff)
        {
            s.Append(CultureInfo.InvariantCulture, $"vlan_tci=0x{tci:x4}");
        }
        else
        {
            s.Append(CultureInfo.InvariantCulture, $"vlan_tci=0x{tci:x4}/0x{mask:x4}");
        }
    }

    private static void AppendField(StringBuilder s, MatchField match)
    {
        var field = match.Field;
        s.Append(field.MatchName).Append('=');
        if (field == OxmField.IpDscp)
        {
            s.Append((uint)match.Value << 2);
        }
        else if (field == OxmField.Ipv6Label)
        {
            s.Append(CultureInfo.InvariantCulture, $"0x{(uint)match.Value:x5}");
            if (!match.IsExact) s.Append(CultureInfo.InvariantCulture, $"/0x{(uint)match.Mask:x5}");
        }
        else if (field.Format == FieldFormat.Decimal || field == OxmField.CtZone)
        {
            if (match.IsExact) s.Append((uint)match.Value);
            else s.Append(CultureInfo.InvariantCulture, $"0x{(uint)match.Value:x}/0x{(uint)match.Mask:x}");
        }
        else if (field.Format == FieldFormat.Hex)
        {
            FieldText.AppendHex(s, match.Value);
            if (!match.IsExact) FieldText.AppendHex(s.Append('/'), match.Mask);
        }
        else
        {
            FieldText.AppendSpecial(s, field, match.Value, match.Mask);
        }
    }
}
