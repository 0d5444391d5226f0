using System.Globalization;
using System.Net;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Writes field values the way ovs-ofctl does.</summary>
internal static class FieldText
{
    private static readonly string[] CtStateNames = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];

    private static readonly string[] TcpFlagNames =
        ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"];

    private static readonly string[] FragmentNames = ["no", "yes", "first", "later", "not_later"];

    /// <summary>The value as an argument of set_field.</summary>
    internal static void AppendSetValue(StringBuilder s, OxmField field, UInt128 value, UInt128 mask)
    {
        var exact = mask == field.FullMask;
        if (field.Format == FieldFormat.Decimal)
        {
            s.Append(CultureInfo.InvariantCulture, $"{(ulong)value}");
            if (!exact) AppendHex(s.Append('/'), mask);
        }
        else if (field.Format == FieldFormat.Hex)
        {
            AppendHex(s, value);
            if (!exact) AppendHex(s.Append('/'), mask);
        }
        else
        {
            AppendSpecial(s, field, value, mask);
        }
    }

    /// <summary>A value whose form is the same in a match and in set_field.</summary>
    internal static void AppendSpecial(StringBuilder s, OxmField field, UInt128 value, UInt128 mask)
    {
        var exact = mask == field.FullMask;
        switch (field.Format)
        {
            case FieldFormat.Mac:
                s.Append(new EthAddr((ulong)value).ToString());
                if (!exact) s.Append('/').Append(new EthAddr((ulong)mask).ToString());
                break;
            case FieldFormat.Ipv4:
                AppendIpv4(s, (uint)value);
                AppendMask(s, mask, 32);
                break;
            case FieldFormat.Ipv6:
                AppendIpv6(s, value);
                AppendMask(s, mask, 128);
                break;
            case FieldFormat.CtState:
                AppendFlags(s, CtStateNames, (uint)value, (uint)mask, exact);
                break;
            case FieldFormat.TcpFlags:
                AppendFlags(s, TcpFlagNames, (uint)value, (uint)mask, exact);
                break;
            case FieldFormat.Port16:
                s.Append(OfPort.FromUInt16((ushort)value).ToString());
                break;
            case FieldFormat.Port32:
                s.Append(new OfPort((uint)value).ToString());
                break;
            case FieldFormat.Fragment:
                s.Append(FragmentName((uint)value, (uint)mask));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(field.Format.ToString());
        }
    }

    /// <summary>C's %#x: a plain 0 for zero, else 0x and the digits.</summary>
    internal static void AppendHex(StringBuilder s, UInt128 value)
    {
        if (value == 0) s.Append('0');
        else s.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
    }

    internal static void AppendIpv4(StringBuilder s, uint value) => s.Append(CultureInfo.InvariantCulture,
        $"{value >> 24}.{(value >> 16) & 255}.{(value >> 8) & 255}.{value & 255}");

    /// <summary>
    /// The form of inet_ntop(3): the first longest run of two or more zero groups becomes "::", and ::a.b.c.d and
    /// ::ffff:a.b.c.d end in dotted form. IPAddress.ToString differs for ISATAP addresses.
    /// </summary>
    internal static void AppendIpv6(StringBuilder s, UInt128 value)
    {
        int start = -1, length = 1;
        for (var i = 0; i < 8; i++)
        {
            var run = 0;
            while (i + run < 8 && Group(value, i + run) == 0) run++;
            if (run > length) (start, length) = (i, run);
            i += run;
        }

        for (var i = 0; i < 8; i++)
        {
            if (i == start)
            {
                s.Append(i == 0 ? "::" : ":");
                i += length - 1;
                continue;
            }

            if (i == 6 && start == 0 && (length == 6 || (length == 5 && Group(value, 5) == 0xffff)))
            {
                AppendIpv4(s, (uint)value);
                return;
            }

            s.Append(CultureInfo.InvariantCulture, $"{Group(value, i):x}");
            if (i < 7) s.Append(':');
        }
    }

    /// <summary>The two fragment bits (1 = any, 2 = later) by the name ovs-ofctl gives the combination.</summary>
    internal static string FragmentName(uint value, uint mask) => (value, mask) switch
    {
        (0, 3) or (0, 1) => "no",
        (1, 3) => "first",
        (3, 3) or (2, 2) => "later",
        (1, 1) => "yes",
        (0, 2) => FragmentNames[4],
        _ => "<error>",
    };

    /// <summary>Reads an address into a number whose highest octet is the first.</summary>
    internal static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var written)) throw new ArgumentException("not an IP address");
        UInt128 value = 0;
        foreach (var octet in bytes[..written]) value = (value << 8) | octet;
        return value;
    }

    private static uint Group(UInt128 value, int index) => (uint)(value >> (112 - 16 * index)) & 0xffff;

    private static void AppendMask(StringBuilder s, UInt128 mask, int width)
    {
        var full = width == 128 ? UInt128.MaxValue : (UInt128.One << width) - 1;
        if (mask == full) return;
        s.Append('/');
        var wild = full ^ mask;
        if ((wild & (wild + 1)) == 0) s.Append(width - (int)UInt128.PopCount(wild));
        else if (width == 32) AppendIpv4(s, (uint)mask);
        else AppendIpv6(s, mask);
    }

    private static void AppendFlags(StringBuilder s, string[] names, uint value, uint mask, bool exact)
    {
        if (exact && value == 0)
        {
            s.Append('0');
            return;
        }

        var first = true;
        for (var bit = 0; bit < names.Length; bit++)
        {
            var flag = 1u << bit;
            if (((exact ? value : mask) & flag) == 0) continue;
            if (exact && !first) s.Append('|');
            if (!exact) s.Append((value & flag) != 0 ? '+' : '-');
            s.Append(names[bit]);
            first = false;
        }
    }
}
