namespace Fabric.Ovs.OpenFlow;

/// <summary>A run of bits inside a field, such as <c>NXM_NX_REG0[0..15]</c>.</summary>
public readonly record struct Subfield
{
    /// <summary>Names <paramref name="bits"/> bits of a field from <paramref name="offset"/> up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is empty or leaves the field.</exception>
    public Subfield(OxmField field, int offset, int bits)
    {
        ArgumentNullException.ThrowIfNull(field);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + bits, field.Bits, nameof(bits));
        Field = field;
        Offset = offset;
        Bits = bits;
    }

    /// <summary>The field.</summary>
    public OxmField Field { get; }

    /// <summary>The lowest bit, 0 being the field's lowest.</summary>
    public int Offset { get; }

    /// <summary>The number of bits.</summary>
    public int Bits { get; }

    /// <summary>The whole of a field.</summary>
    public static implicit operator Subfield(OxmField field) => FromOxmField(field);

    /// <summary>The whole of a field.</summary>
    public static Subfield FromOxmField(OxmField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return field.All;
    }

    /// <summary>Offset and width in the packed form of Nicira actions: (offset &lt;&lt; 6) | (bits - 1).</summary>
    internal ushort OffsetAndBits => (ushort)((Offset << 6) | (Bits - 1));

    /// <summary>The notation of ovs-fields(7).</summary>
    public override string ToString() =>
        Offset == 0 && Bits == Field.Bits ? $"{Field.NxmName}[]"
        : Bits == 1 ? $"{Field.NxmName}[{Offset}]"
        : $"{Field.NxmName}[{Offset}..{Offset + Bits - 1}]";
}
