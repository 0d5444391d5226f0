using System.Net;
using System.Net.Sockets;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Encodes the messages this library sends, each with its header, one after the other.</summary>
internal static class MessageWriter
{
    private const ushort Atomic = 1;
    private const ushort Ordered = 2;
    private const uint NoBuffer = 0xffff_ffff;
    private const uint CtFlushSubtype = 32;
    private const uint CtFlushZoneSubtype = 29;

    /// <summary>A message without a body.</summary>
    internal static void Empty(WireWriter w, MessageType type, uint xid) => End(w, Begin(w, type, xid));

    internal static void FeaturesRequest(WireWriter w, uint xid) => Empty(w, MessageType.FeaturesRequest, xid);

    /// <summary>Offers OpenFlow 1.5 alone, in a version bitmap.</summary>
    internal static void Hello(WireWriter w, uint xid)
    {
        var start = Begin(w, MessageType.Hello, xid);
        w.U16(1);
        w.U16(8);
        w.U32(1u << WireConstants.Version);
        End(w, start);
    }

    internal static void EchoReply(WireWriter w, uint xid, ReadOnlySpan<byte> payload)
    {
        var start = Begin(w, MessageType.EchoReply, xid);
        w.Bytes(payload);
        End(w, start);
    }

    internal static void FlowMod(WireWriter w, FlowMod mod, uint xid)
    {
        var flow = mod.Flow;
        var start = Begin(w, MessageType.FlowMod, xid);
        w.U64(flow.Cookie);
        w.U64(mod.CookieMask);
        w.U8(flow.Table);
        w.U8((byte)mod.Command);
        w.U16(flow.IdleTimeout);
        w.U16(flow.HardTimeout);
        w.U16(flow.Priority);
        w.U32(NoBuffer);
        w.U32(OfPort.Any.Value);
        w.U32(OfPort.Any.Value);
        w.U16((ushort)flow.Flags);
        w.U16(flow.Importance);
        Match(w, flow.Match);
        if (mod.Command is FlowModCommand.Add or FlowModCommand.ModifyStrict) Instructions(w, flow.Actions);
        End(w, start);
    }

    internal static void Bundle(WireWriter w, BundleControl type, uint bundle, uint xid)
    {
        var start = Begin(w, MessageType.BundleControl, xid);
        w.U32(bundle);
        w.U16((ushort)type);
        w.U16(Atomic | Ordered);
        End(w, start);
    }

    /// <summary>A flow_mod as part of a bundle; inner and outer message share the xid.</summary>
    internal static void BundleAdd(WireWriter w, uint bundle, FlowMod mod, uint xid)
    {
        var start = Begin(w, MessageType.BundleAdd, xid);
        w.U32(bundle);
        w.Zero(2);
        w.U16(Atomic | Ordered);
        FlowMod(w, mod, xid);
        End(w, start);
    }

    internal static void FlowDescRequest(WireWriter w, FlowFilter filter, uint xid)
    {
        var start = BeginMultipart(w, MultipartType.FlowDesc, xid);
        w.U8(filter.Table);
        w.Zero(3);
        w.U32(filter.OutPort.Value);
        w.U32(OfPort.Any.Value);
        w.Zero(4);
        w.U64(filter.Cookie);
        w.U64(filter.CookieMask);
        Match(w, filter.Match);
        End(w, start);
    }

    internal static void PortDescRequest(WireWriter w, uint xid)
    {
        var start = BeginMultipart(w, MultipartType.PortDesc, xid);
        w.U32(OfPort.Any.Value);
        w.Zero(4);
        End(w, start);
    }

    internal static void GroupDescRequest(WireWriter w, uint xid)
    {
        const uint all = 0xfffffffc;
        var start = BeginMultipart(w, MultipartType.GroupDesc, xid);
        w.U32(all);
        w.Zero(4);
        End(w, start);
    }

    /// <summary>OFPGC_DELETE (OpenFlow 1.5.1, 7.3.4.3): the type and the buckets of what is deleted do not matter.</summary>
    internal static void GroupDelete(WireWriter w, uint group, uint xid)
    {
        const ushort delete = 2;
        const uint allBuckets = 0xffffffff;
        var start = Begin(w, MessageType.GroupMod, xid);
        w.U16(delete);
        w.Zero(2);
        w.U32(group);
        w.Zero(4);
        w.U32(allBuckets);
        End(w, start);
    }

    /// <summary>NXT_CT_FLUSH_ZONE: every connection of a zone.</summary>
    internal static void CtFlushZone(WireWriter w, ushort zone, uint xid)
    {
        var start = BeginNicira(w, CtFlushZoneSubtype, xid);
        w.Zero(6);
        w.U16(zone);
        End(w, start);
    }

    /// <summary>NXT_CT_FLUSH: the connections with the given parts, as nested properties.</summary>
    internal static void CtFlush(WireWriter w, CtFlush flush, uint xid)
    {
        var start = BeginNicira(w, CtFlushSubtype, xid);
        w.U8(flush.Protocol);
        w.Zero(7);
        Tuple(w, 0, flush.Original);
        Tuple(w, 1, flush.Reply);
        if (flush.Zone is { } zone) Property16(w, 2, zone);
        End(w, start);
    }

    /// <summary>An OXM match with its padding; prerequisites stand before what needs them.</summary>
    internal static void Match(WireWriter w, Match match)
    {
        var start = w.Length;
        w.U16(1);
        w.U16(0);
        foreach (var field in match.Fields)
        {
            if (field.Field.IsPrerequisite) w.Oxm(field.Field, field.Value, field.Mask);
        }

        foreach (var field in match.Fields)
        {
            if (!field.Field.IsPrerequisite) w.Oxm(field.Field, field.Value, field.Mask);
        }

        if (match.Opaque.Length > 0) w.Hex(match.Opaque);
        w.SetU16(start + 2, w.Length - start);
        w.PadTo8(start);
    }

    /// <summary>One apply_actions instruction for the plain actions, then the entries that are instructions.</summary>
    internal static void Instructions(WireWriter w, ActionList actions)
    {
        var start = w.Length;
        foreach (var action in actions)
        {
            if (action.IsInstruction) continue;
            if (w.Length == start)
            {
                w.U16((ushort)InstructionType.ApplyActions);
                w.Zero(6);
            }

            action.WriteTo(w);
        }

        if (w.Length > start) w.SetU16(start + 2, w.Length - start);
        foreach (var action in actions)
        {
            if (action.IsInstruction) action.WriteTo(w);
        }
    }

    private static int Begin(WireWriter w, MessageType type, uint xid)
    {
        var start = w.Length;
        w.U8(WireConstants.Version);
        w.U8((byte)type);
        w.U16(0);
        w.U32(xid);
        return start;
    }

    private static int BeginMultipart(WireWriter w, MultipartType type, uint xid)
    {
        var start = Begin(w, MessageType.MultipartRequest, xid);
        w.U16((ushort)type);
        w.Zero(6);
        return start;
    }

    private static int BeginNicira(WireWriter w, uint subtype, uint xid)
    {
        var start = Begin(w, MessageType.Experimenter, xid);
        w.U32(WireConstants.NiciraVendor);
        w.U32(subtype);
        return start;
    }

    private static void End(WireWriter w, int start) => w.SetU16(start + 2, w.Length - start);

    private static void Tuple(WireWriter w, ushort type, CtTuple tuple)
    {
        var start = w.Length;
        w.U16(type);
        w.Zero(6);
        if (tuple.Source is { } source) Address(w, 0, source);
        if (tuple.Destination is { } destination) Address(w, 1, destination);
        if (tuple.SourcePort != 0) Property16(w, 2, tuple.SourcePort);
        if (tuple.DestinationPort != 0) Property16(w, 3, tuple.DestinationPort);
        if (w.Length == start + 8) w.Truncate(start);
        else w.SetU16(start + 2, w.Length - start);
    }

    private static void Address(WireWriter w, ushort type, IPAddress address)
    {
        w.U16(type);
        w.U16(20);
        w.Number(FieldText.ToNumber(
            address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address), 16);
        w.Zero(4);
    }

    private static void Property16(WireWriter w, ushort type, ushort value)
    {
        w.U16(type);
        w.U16(6);
        w.U16(value);
        w.Zero(2);
    }
}
