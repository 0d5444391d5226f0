using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// Address translation inside <see cref="CtAction"/> (NXAST_NAT). Use <see cref="Existing"/>, <see cref="Src"/> or
/// <see cref="Dst"/>.
/// </summary>
public sealed record NatAction : FlowAction
{
    internal NatAction(NatFlags flags, IPAddress? min, IPAddress? max, ushort portMin, ushort portMax)
    {
        Flags = flags;
        Min = min;
        Max = min is null || min.Equals(max) ? null : max;
        PortMin = portMin;
        PortMax = portMax == portMin ? (ushort)0 : portMax;
        if ((flags & NatFlags.Src) != 0 && (flags & NatFlags.Dst) != 0)
            throw new ArgumentException("a connection is translated at one end", nameof(flags));
        if (Max is not null && Max.AddressFamily != Min!.AddressFamily)
            throw new ArgumentException("the range mixes address families", nameof(max));
        if (PortMin == 0 ? PortMax != 0 : PortMax != 0 && PortMax < PortMin)
            throw new ArgumentException("the port range is empty", nameof(portMax));
        if (min is null && portMin != 0) throw new ArgumentException("ports need an address", nameof(portMin));
    }

    /// <summary>Translate packets of connections that were committed with a translation.</summary>
    public static NatAction Existing { get; } = new(NatFlags.None, null, null, 0, 0);

    /// <summary>What to translate, and how ports are chosen.</summary>
    public NatFlags Flags { get; }

    /// <summary>The only or lowest address, or null to keep the address.</summary>
    public IPAddress? Min { get; }

    /// <summary>The highest address, or null when there is only one.</summary>
    public IPAddress? Max { get; }

    /// <summary>The only or lowest port, 0 for any.</summary>
    public ushort PortMin { get; }

    /// <summary>The highest port, 0 when there is only one.</summary>
    public ushort PortMax { get; }

    /// <summary>Translate the source to one of a range of addresses and ports.</summary>
    public static NatAction Src(
        IPAddress min, IPAddress? max = null, ushort portMin = 0, ushort portMax = 0, NatFlags flags = NatFlags.None) =>
        new(flags | NatFlags.Src, min, max, portMin, portMax);

    /// <summary>Translate the destination to one of a range of addresses and ports.</summary>
    public static NatAction Dst(
        IPAddress min, IPAddress? max = null, ushort portMin = 0, ushort portMax = 0, NatFlags flags = NatFlags.None) =>
        new(flags | NatFlags.Dst, min, max, portMin, portMax);

    internal override void AppendTo(StringBuilder s)
    {
        s.Append("nat");
        if ((Flags & (NatFlags.Src | NatFlags.Dst)) == 0) return;
        s.Append((Flags & NatFlags.Src) != 0 ? "(src" : "(dst");
        if (Min is not null)
        {
            s.Append('=');
            AppendAddress(s, Min);
            if (Max is not null) AppendAddress(s.Append('-'), Max);
            if (PortMin != 0) s.Append(CultureInfo.InvariantCulture, $":{PortMin}");
            if (PortMax != 0) s.Append(CultureInfo.InvariantCulture, $"-{PortMax}");
            if ((Flags & NatFlags.Persistent) != 0) s.Append(",persistent");
            if ((Flags & NatFlags.Hash) != 0) s.Append(",hash");
            if ((Flags & NatFlags.Random) != 0) s.Append(",random");
        }

        s.Append(')');
    }

    internal override void WriteTo(WireWriter w)
    {
        var start = w.Length;
        WriteNicira(w, NiciraAction.Nat, 0);
        w.Zero(2);
        w.U16((ushort)Flags);
        var ipv4 = Min?.AddressFamily == AddressFamily.InterNetwork;
        var present = (Min is null ? 0 : ipv4 ? 1 : 4) | (Max is null ? 0 : ipv4 ? 2 : 8)
            | (PortMin == 0 ? 0 : 16) | (PortMax == 0 ? 0 : 32);
        w.U16((ushort)present);
        if (Min is not null) w.Number(FieldText.ToNumber(Min), ipv4 ? 4 : 16);
        if (Max is not null) w.Number(FieldText.ToNumber(Max), ipv4 ? 4 : 16);
        if (PortMin != 0) w.U16(PortMin);
        if (PortMax != 0) w.U16(PortMax);
        w.PadTo8(start);
        w.SetU16(start + 2, w.Length - start);
    }

    private void AppendAddress(StringBuilder s, IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            FieldText.AppendIpv4(s, (uint)FieldText.ToNumber(address));
            return;
        }

        if (PortMin != 0) s.Append('[');
        FieldText.AppendIpv6(s, FieldText.ToNumber(address));
        if (PortMin != 0) s.Append(']');
    }
}
