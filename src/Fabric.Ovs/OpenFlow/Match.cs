using System.Collections.Immutable;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// What packets a flow applies to: an immutable set of fields with masks, compared by content. Built fluently from
/// <see cref="Any"/>; each step returns a new match. A field given twice keeps the later value.
/// </summary>
/// <remarks>
/// The form is canonical: fields stand in printing order, bits outside a mask are zero, all-zero masks are absent,
/// xregN and xxregN are held as regN, vlan_tci as vlan_vid and vlan_pcp. So a match read back from Open vSwitch
/// equals the one that was sent.
/// </remarks>
public sealed partial class Match : IEquatable<Match>
{
    private int _hash;

    private Match(ImmutableArray<MatchField> fields, string opaque)
    {
        Fields = fields;
        Opaque = opaque;
    }

    /// <summary>Matches every packet.</summary>
    public static Match Any { get; } = new([], "");

    /// <summary>The fields in the order ovs-ofctl prints them.</summary>
    public ImmutableArray<MatchField> Fields { get; }

    /// <summary>OXM entries of fields this library does not know, as received, in hexadecimal; mostly empty.</summary>
    public string Opaque { get; }

    /// <summary>The field's value and mask, or null when the match leaves the field wild.</summary>
    public MatchField? Find(OxmField field)
    {
        foreach (var candidate in Fields)
        {
            if (ReferenceEquals(candidate.Field, field)) return candidate;
        }

        return null;
    }

    /// <summary>Requires the bits of <paramref name="mask"/> in <paramref name="field"/> to equal the value.</summary>
    /// <exception cref="ArgumentException">The value does not fit, or the mask is not allowed.</exception>
    public Match With(OxmField field, UInt128 value, UInt128 mask)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (((value | mask) & ~field.FullMask) != 0)
            throw new ArgumentException($"{value:x}/{mask:x} has bits outside of {field}", nameof(value));
        if (mask != field.FullMask && mask != 0 && !field.Maskable)
            throw new ArgumentException($"{field} takes no mask", nameof(mask));
        return Put(field, value, mask);
    }

    /// <summary>Requires the whole of <paramref name="field"/> to equal the value.</summary>
    /// <exception cref="ArgumentException">The value does not fit.</exception>
    public Match With(OxmField field, UInt128 value)
    {
        ArgumentNullException.ThrowIfNull(field);
        return With(field, value, field.FullMask);
    }

    /// <summary>Requires the bits of a subfield to equal the value; the field's other bits stay as they were.</summary>
    /// <exception cref="ArgumentException">The value does not fit, or the field takes no mask.</exception>
    public Match With(Subfield subfield, UInt128 value)
    {
        var field = subfield.Field;
        var mask = (subfield.Bits == 128 ? UInt128.MaxValue : (UInt128.One << subfield.Bits) - 1) << subfield.Offset;
        var shifted = value << subfield.Offset;
        if ((shifted & ~mask) != 0 || shifted >> subfield.Offset != value)
            throw new ArgumentException($"{value:x} does not fit into {subfield}", nameof(value));
        return Find(field) is { } old
            ? With(field, (old.Value & ~mask) | shifted, old.Mask | mask)
            : With(field, shifted, mask);
    }

    /// <summary>The match as ovs-ofctl prints it, without a priority; empty for <see cref="Any"/>.</summary>
    public override string ToString()
    {
        var s = new StringBuilder();
        MatchText.Append(s, this, 32768);
        return s.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(Match? other)
    {
        if (ReferenceEquals(this, other)) return true;
        return other is not null && GetHashCode() == other.GetHashCode() && Opaque == other.Opaque
            && Fields.AsSpan().SequenceEqual(other.Fields.AsSpan());
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Match);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Zero means "not computed yet"; a race computes the same number twice.
        if (_hash != 0) return _hash;
        var hash = new HashCode();
        hash.Add(Opaque);
        foreach (var field in Fields)
        {
            hash.Add(field.Field.OxmId);
            hash.Add(field.Value);
            hash.Add(field.Mask);
        }

        var code = hash.ToHashCode();
        return _hash = code == 0 ? 1 : code;
    }

    /// <summary>Adds OXM entries of unknown fields, as received.</summary>
    internal Match WithOpaque(ReadOnlySpan<byte> oxm) => new(Fields, Opaque + Convert.ToHexStringLower(oxm));

    /// <summary>Like <see cref="With(OxmField, UInt128, UInt128)"/> for values that came from the switch.</summary>
    internal Match Put(OxmField field, UInt128 value, UInt128 mask)
    {
        if (OxmField.XRegisters.IndexOf(field) is >= 0 and var x)
        {
            return Put(OxmField.Registers[2 * x], value >> 32, mask >> 32)
                .Put(OxmField.Registers[2 * x + 1], value & uint.MaxValue, mask & uint.MaxValue);
        }

        if (OxmField.XXRegisters.IndexOf(field) is >= 0 and var xx)
        {
            return Put(OxmField.XRegisters[2 * xx], value >> 64, mask >> 64)
                .Put(OxmField.XRegisters[2 * xx + 1], value & ulong.MaxValue, mask & ulong.MaxValue);
        }

        if (field == OxmField.VlanTci)
        {
            return Put(OxmField.VlanVid, value & 0x1fff, mask & 0x1fff)
                .Put(OxmField.VlanPcp, (value >> 13) & 7, (mask >> 13) & 7);
        }

        if (field == OxmField.NwTos) return Put(OxmField.IpDscp, value >> 2, mask >> 2);
        if (field == OxmField.InPort16)
            return Put(OxmField.InPort, OfPort.FromUInt16((ushort)value).Value, uint.MaxValue);
        return Insert(new MatchField(field, value, mask));
    }

    private Match Insert(MatchField entry)
    {
        var at = 0;
        while (at < Fields.Length && Fields[at].Field.MatchOrder < entry.Field.MatchOrder) at++;
        var replaces = at < Fields.Length && ReferenceEquals(Fields[at].Field, entry.Field);
        if (entry.Mask == 0) return replaces ? new Match(Fields.RemoveAt(at), Opaque) : this;
        return new Match(replaces ? Fields.SetItem(at, entry) : Fields.Insert(at, entry), Opaque);
    }
}
