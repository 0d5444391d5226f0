namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// One field of a match: the bits selected by <see cref="Mask"/> equal <see cref="Value"/>. Values are numbers in
/// host order (an IPv4 address has its first octet highest); bits outside the mask are zero.
/// </summary>
public readonly record struct MatchField
{
    internal MatchField(OxmField field, UInt128 value, UInt128 mask)
    {
        Field = field;
        Mask = mask & field.FullMask;
        Value = value & Mask;
    }

    /// <summary>The field.</summary>
    public OxmField Field { get; }

    /// <summary>The wanted bits.</summary>
    public UInt128 Value { get; }

    /// <summary>The bits looked at; never zero.</summary>
    public UInt128 Mask { get; }

    /// <summary>Whether every bit of the field is looked at.</summary>
    public bool IsExact => Mask == Field.FullMask;
}
