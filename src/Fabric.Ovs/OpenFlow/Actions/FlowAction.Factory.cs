using System.Net;
using System.Net.Sockets;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Makes the actions.</summary>
public abstract partial record FlowAction
{
    /// <summary>Back to the port the packet came from.</summary>
    public static FlowAction ToInPort { get; } = new OutputAction(OfPort.InPort);

    /// <summary>To the bridge's own interface.</summary>
    public static FlowAction Local { get; } = new OutputAction(OfPort.Local);

    /// <summary>To the learning switch.</summary>
    public static FlowAction Normal { get; } = new OutputAction(OfPort.Normal);

    /// <summary>Takes one from the TTL or hop limit; at zero the packet goes to the controller or is dropped.</summary>
    public static FlowAction DecTtl { get; } = new DecTtlAction();

    /// <summary>Removes the outer VLAN tag.</summary>
    public static FlowAction PopVlan { get; } = new PopVlanAction();

    /// <summary>Forgets the packet's connection tracking state.</summary>
    public static FlowAction CtClear { get; } = new CtClearAction();

    /// <summary>Out of a port.</summary>
    public static FlowAction Output(OfPort port) => new OutputAction(port);

    /// <summary>Out of the port whose number is in a field; only its low 16 bits count.</summary>
    public static FlowAction Output(Subfield source) => new OutputFieldAction(source);

    /// <summary>Writes a whole field.</summary>
    public static FlowAction SetField(OxmField field, UInt128 value)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new SetFieldAction(field, value, field.FullMask);
    }

    /// <summary>Writes the bits of the mask.</summary>
    public static FlowAction SetField(OxmField field, UInt128 value, UInt128 mask) =>
        new SetFieldAction(field, value, mask);

    /// <summary>Writes an Ethernet address.</summary>
    public static FlowAction SetField(OxmField field, EthAddr value) => SetField(field, value.Value);

    /// <summary>Writes an IP address.</summary>
    /// <exception cref="ArgumentException">The address is not of the field's family.</exception>
    public static FlowAction SetField(OxmField field, IPAddress value)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentNullException.ThrowIfNull(value);
        if (field.Bits != (value.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
            throw new ArgumentException($"{field} takes no address of family {value.AddressFamily}", nameof(value));
        return SetField(field, FieldText.ToNumber(value));
    }

    /// <summary>Writes a subfield: a set_field with the mask of its bits.</summary>
    public static FlowAction Load(Subfield target, UInt128 value) => SetFieldAction.ForSubfield(target, value);

    /// <summary>Sets the VLAN id, 0–4095, of a packet that has a tag.</summary>
    public static FlowAction SetVlan(ushort vid)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vid, 4095);
        return SetField(OxmField.VlanVid, 0x1000u | vid);
    }

    /// <summary>Adds a VLAN tag with id 0; 0x8100 is 802.1Q, 0x88a8 is 802.1ad.</summary>
    public static FlowAction PushVlan(ushort etherType = 0x8100) => new PushVlanAction(etherType);

    /// <summary>Copies a subfield into another of the same width.</summary>
    public static FlowAction Move(Subfield source, Subfield target) => new MoveAction(source, target);

    /// <summary>Searches another table and comes back.</summary>
    public static FlowAction Resubmit(byte table) => new ResubmitAction(OfPort.InPort, table, false);

    /// <summary>
    /// Searches another table, matching on the original tuple of the packet's connection; the flow must match IP and
    /// a valid ct_state.
    /// </summary>
    public static FlowAction ResubmitCt(byte table) => new ResubmitAction(OfPort.InPort, table, true);

    /// <summary>Goes on in a table with a higher number; must be the last action.</summary>
    public static FlowAction GotoTable(byte table) => new GotoTableAction(table);

    /// <summary>To a group.</summary>
    public static FlowAction Group(uint id) => new GroupAction(id);

    /// <summary>Does nothing; keeps bytes in the flow, padded with zeros to 6, 14, 22, … bytes.</summary>
    public static FlowAction Note(ReadOnlySpan<byte> data) => NoteAction.Create(data);

    /// <summary>Sends the packet through the connection tracker.</summary>
    /// <param name="commit">Keep the connection; without it only state is looked up.</param>
    /// <param name="force">Replace a connection committed in the other direction; needs commit.</param>
    /// <param name="zone">The zone, when <paramref name="zoneField"/> is not given.</param>
    /// <param name="zoneField">16 bits of a field holding the zone.</param>
    /// <param name="table">A copy of the packet, with its state known, goes on in this table.</param>
    /// <param name="nat">Address translation.</param>
    /// <param name="exec">Writes to ct_mark and ct_label; needs commit.</param>
    public static FlowAction Ct(
        bool commit = false, bool force = false, ushort zone = 0, Subfield? zoneField = null, byte? table = null,
        NatAction? nat = null, ActionList? exec = null) =>
        new CtAction(commit, force, zone, zoneField, table, nat is null ? exec ?? [] : [nat, .. exec ?? []]);
}
