namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// A packet or metadata field that Open vSwitch can match or write. There is exactly one instance per field, so
/// reference equality is field equality. Source: ovs-fields(7); numbers from OpenFlow 1.5.1, 7.2.3.7 and the NXM
/// assignments listed per field in ovs-fields(7).
/// </summary>
public sealed partial class OxmField
{
    private OxmField(string name, int bits, int bytes, FieldFormat format)
    {
        Name = name;
        MatchName = name;
        Bits = bits;
        ValueBits = bits;
        Bytes = bytes;
        Format = format;
    }

    /// <summary>The field's name in ovs-fields(7), as in <c>set_field:1-&gt;NAME</c>.</summary>
    public string Name { get; }

    /// <summary>The name as written in a match, where ovs-ofctl prefers the older one: nw_src for ip_src.</summary>
    public string MatchName { get; private init; }

    /// <summary>The name in subfield notation, such as NXM_NX_REG0.</summary>
    public string NxmName { get; private init; } = "";

    /// <summary>Width in bits, for subfields.</summary>
    public int Bits { get; }

    /// <summary>Width in bytes on the wire.</summary>
    public int Bytes { get; }

    /// <summary>Whether a match or set_field may carry a mask.</summary>
    public bool Maskable { get; private init; }

    /// <summary>Whether an action may write the field.</summary>
    public bool Writable { get; private init; } = true;

    /// <summary>Whether a <see cref="Match"/> may hold the field itself (xreg0 is held as reg0 and reg1).</summary>
    public bool Matchable => MatchOrder >= 0;

    /// <summary>OXM class and field (the upper 23 bits of the header, shifted down by 9) in OpenFlow 1.5.</summary>
    internal uint OxmId { get; private init; }

    /// <summary>Like <see cref="OxmId"/>, but the older NXM number where one exists, as Nicira actions want.</summary>
    internal uint NxmId { get; private init; }

    internal FieldFormat Format { get; }

    /// <summary>Bits a value may have; vlan_vid carries OFPVID_PRESENT above its 12 bits.</summary>
    internal int ValueBits { get; private init; }

    /// <summary>Place in the printed match, or -1 when not matchable.</summary>
    internal int MatchOrder { get; private init; } = -1;

    /// <summary>Whether other fields require this one to stand before them on the wire.</summary>
    internal bool IsPrerequisite { get; private init; }

    /// <summary>A mask with every valid bit set.</summary>
    internal UInt128 FullMask => ValueBits == 128 ? UInt128.MaxValue : (UInt128.One << ValueBits) - 1;

    /// <summary>The 32-bit OXM header of an entry with this field.</summary>
    internal uint OxmHeader(bool masked) =>
        (OxmId << 9) | (masked ? 0x100u | (uint)(2 * Bytes) : (uint)Bytes);

    /// <summary>The 32-bit header that Nicira actions use to name the field.</summary>
    internal uint NxmHeader => (NxmId << 9) | (uint)Bytes;

    /// <summary>The whole field as a subfield.</summary>
    public Subfield All => new(this, 0, Bits);

    /// <summary>Bits <paramref name="first"/> to <paramref name="last"/>, both included; 0 is the lowest.</summary>
    public Subfield this[int first, int last] => new(this, first, last - first + 1);

    /// <summary>The field's name.</summary>
    public override string ToString() => Name;
}
