using System.Net;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Decodes instructions and actions; what it does not know becomes <see cref="OpaqueAction"/>.</summary>
internal static class ActionReader
{
    /// <summary>Reads instructions to the end of <paramref name="bytes"/>.</summary>
    internal static ActionList ReadInstructions(ReadOnlySpan<byte> bytes)
    {
        var actions = new List<FlowAction>();
        FlowAction? gotoTable = null;
        while (bytes.Length > 0)
        {
            var instruction = TakeEntry(ref bytes);
            var r = new WireReader(instruction);
            var type = (InstructionType)r.U16();
            r.Skip(2);
            if (type == InstructionType.ApplyActions && instruction.Length >= 8) ReadActions(instruction[8..], actions);
            else if (type == InstructionType.GotoTable && instruction.Length == 8)
                gotoTable = FlowAction.GotoTable(r.U8());
            else actions.Add(new OpaqueAction(Convert.ToHexStringLower(instruction), Instruction: true));
        }

        if (gotoTable is not null) actions.Add(gotoTable);
        return ActionList.Create(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(actions));
    }

    /// <summary>Reads actions to the end of <paramref name="bytes"/>.</summary>
    internal static ActionList ReadActionList(ReadOnlySpan<byte> bytes)
    {
        var actions = new List<FlowAction>();
        ReadActions(bytes, actions);
        return ActionList.Create(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(actions));
    }

    private static void ReadActions(ReadOnlySpan<byte> bytes, List<FlowAction> actions)
    {
        while (bytes.Length > 0)
        {
            var action = TakeEntry(ref bytes);
            actions.Add(ReadKnown(action) ?? new OpaqueAction(Convert.ToHexStringLower(action), Instruction: false));
        }
    }

    private static ReadOnlySpan<byte> TakeEntry(ref ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length < 4 ? 0 : (bytes[2] << 8) | bytes[3];
        if (length < 4 || length > bytes.Length) throw OpenFlowException.Malformed($"action of length {length}");
        var entry = bytes[..length];
        bytes = bytes[length..];
        return entry;
    }

    private static FlowAction? ReadKnown(ReadOnlySpan<byte> action)
    {
        var r = new WireReader(action);
        var type = (ActionType)r.U16();
        r.Skip(2);
        try
        {
            return type switch
            {
                ActionType.Output => new OutputAction(r.U32(), r.U16()),
                ActionType.PushVlan => new PushVlanAction(r.U16()),
                ActionType.PopVlan => FlowAction.PopVlan,
                ActionType.Group => new GroupAction(r.U32()),
                ActionType.DecNwTtl => FlowAction.DecTtl,
                ActionType.SetField => ReadSetField(ref r),
                ActionType.CopyField => ReadCopyField(ref r),
                ActionType.Experimenter => ReadNicira(ref r),
                _ => null,
            };
        }
        catch (ArgumentException)
        {
            // A combination our types refuse, or an action shorter than its type says: shown as bytes, not lost.
            return null;
        }
    }

    private static SetFieldAction? ReadSetField(ref WireReader r)
    {
        var header = r.U32();
        var masked = (header & 0x100) != 0;
        if (OxmRegistry.Find(header) is not { } field || (header & 0xff) != field.Bytes * (masked ? 2 : 1)) return null;
        var value = r.Number(field.Bytes);
        return new SetFieldAction(field, value, masked ? r.Number(field.Bytes) : field.FullMask);
    }

    private static MoveAction? ReadCopyField(ref WireReader r)
    {
        int bits = r.U16(), from = r.U16(), to = r.U16();
        r.Skip(2);
        return OxmRegistry.Find(r.U32()) is { } source && OxmRegistry.Find(r.U32()) is { } target
            ? new MoveAction(new Subfield(source, from, bits), new Subfield(target, to, bits))
            : null;
    }

    private static FlowAction? ReadNicira(ref WireReader r)
    {
        if (r.U32() != WireConstants.NiciraVendor) return null;
        var subtype = (NiciraAction)r.U16();
        switch (subtype)
        {
            case NiciraAction.Resubmit:
                return new ResubmitAction(OfPort.FromUInt16(r.U16()), 255, false);
            case NiciraAction.ResubmitTable:
            case NiciraAction.ResubmitTableCt:
                return new ResubmitAction(OfPort.FromUInt16(r.U16()), r.U8(), subtype == NiciraAction.ResubmitTableCt);
            case NiciraAction.CtClear:
                return FlowAction.CtClear;
            case NiciraAction.Note:
                return NoteAction.Create(r.Take(r.Remaining));
            case NiciraAction.OutputReg:
                return ReadSubfield(r.U16(), r.U32()) is { } source ? new OutputFieldAction(source) : null;
            case NiciraAction.Ct:
                return ReadCt(ref r);
            case NiciraAction.Nat:
                return ReadNat(ref r);
            default:
                return null;
        }
    }

    private static CtAction? ReadCt(ref WireReader r)
    {
        var flags = r.U16();
        var zoneHeader = r.U32();
        var zone = r.U16();
        var table = r.U8();
        r.Skip(3);
        var alg = r.U16();
        var actions = new List<FlowAction>();
        ReadActions(r.Take(r.Remaining), actions);
        Subfield? zoneField = zoneHeader == 0 ? null : ReadSubfield(zone, zoneHeader);
        if (zoneHeader != 0 && zoneField is null) return null;
        return new CtAction((flags & 1) != 0, (flags & 2) != 0, zone, zoneField, table, [.. actions], alg);
    }

    private static NatAction ReadNat(ref WireReader r)
    {
        r.Skip(2);
        var flags = (NatFlags)r.U16();
        var present = r.U16();
        var min = ReadAddress(ref r, present, 1, 4);
        var max = ReadAddress(ref r, present, 2, 8);
        var portMin = (present & 16) != 0 ? r.U16() : (ushort)0;
        var portMax = (present & 32) != 0 ? r.U16() : (ushort)0;
        return new NatAction(flags, min, max, portMin, portMax);
    }

    private static IPAddress? ReadAddress(ref WireReader r, int present, int ipv4Bit, int ipv6Bit) =>
        (present & ipv4Bit) != 0 ? new IPAddress(r.Take(4))
        : (present & ipv6Bit) != 0 ? new IPAddress(r.Take(16))
        : null;

    private static Subfield? ReadSubfield(ushort packed, uint header) =>
        OxmRegistry.Find(header) is { } field
            ? new Subfield(field, packed >> 6, (packed & 63) + 1)
            : default(Subfield?);
}
