using System.Globalization;

namespace Fabric.Ovs.Ovsdb;

/// <summary>One atomic value (RFC 7047, section 5.1, <c>&lt;atom&gt;</c>); equality and order are by content.</summary>
/// <remarks>
/// The wire does not tell an integral real from an integer, and ovsdb-server writes 1.0 as 1. A value read with a
/// schema has the column's type (<see cref="OvsdbColumnType.Normalize"/>); otherwise use <see cref="AsReal"/>, which
/// takes both.
/// </remarks>
public readonly struct OvsdbAtom : IEquatable<OvsdbAtom>, IComparable<OvsdbAtom>
{
    private readonly long _bits;
    private readonly string? _text;
    private readonly Guid _uuid;

    private OvsdbAtom(OvsdbAtomKind kind, long bits = 0, string? text = null, Guid uuid = default)
    {
        Kind = kind;
        _bits = bits;
        _text = text;
        _uuid = uuid;
    }

    /// <summary>The type of the atom.</summary>
    public OvsdbAtomKind Kind { get; }

    /// <summary>An integer.</summary>
    public static OvsdbAtom Integer(long value) => new(OvsdbAtomKind.Integer, bits: value);

    /// <summary>
    /// A real; throws <see cref="ArgumentException"/> for NaN and infinities, which JSON cannot carry.
    /// </summary>
    public static OvsdbAtom Real(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentException("OVSDB reals are finite.", nameof(value));
        // Negative zero equals zero in OVSDB, so it must have the same bits here.
        return new(OvsdbAtomKind.Real, bits: BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value));
    }

    /// <summary>A boolean.</summary>
    public static OvsdbAtom Boolean(bool value) => new(OvsdbAtomKind.Boolean, bits: value ? 1 : 0);

    /// <summary>Text; throws <see cref="ArgumentException"/> for text with NUL (RFC 7047, section 3.1).</summary>
    public static OvsdbAtom String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("OVSDB strings hold no NUL.", nameof(value));
        return new(OvsdbAtomKind.String, text: value);
    }

    /// <summary>The uuid of a row.</summary>
    public static OvsdbAtom Uuid(Guid value) => new(OvsdbAtomKind.Uuid, uuid: value);

    /// <summary>
    /// The row that an insert of the same transaction named so; throws <see cref="ArgumentException"/> unless the name
    /// is an identifier, <c>[a-zA-Z_][a-zA-Z0-9_]*</c> (RFC 7047, section 3.1).
    /// </summary>
    public static OvsdbAtom NamedUuid(string name)
    {
        if (!IsIdentifier(name))
            throw new ArgumentException($"'{name}' is not an OVSDB identifier.", nameof(name));
        return new(OvsdbAtomKind.NamedUuid, text: name);
    }

    /// <summary>The integer; throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public long AsInteger() => Kind is OvsdbAtomKind.Integer ? _bits : throw Not(OvsdbAtomKind.Integer);

    /// <summary>The real, or the integer as a real; throws <see cref="InvalidOperationException"/> otherwise.</summary>
    public double AsReal() => Kind switch
    {
        OvsdbAtomKind.Real => BitConverter.Int64BitsToDouble(_bits),
        OvsdbAtomKind.Integer => _bits,
        _ => throw Not(OvsdbAtomKind.Real),
    };

    /// <summary>The boolean; throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public bool AsBoolean() => Kind is OvsdbAtomKind.Boolean ? _bits != 0 : throw Not(OvsdbAtomKind.Boolean);

    /// <summary>The text; throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public string AsString() => Kind is OvsdbAtomKind.String ? _text! : throw Not(OvsdbAtomKind.String);

    /// <summary>The uuid; throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public Guid AsUuid() => Kind is OvsdbAtomKind.Uuid ? _uuid : throw Not(OvsdbAtomKind.Uuid);

    /// <summary>The name of a named uuid; throws <see cref="InvalidOperationException"/> for another kind.</summary>
    public string AsName() => Kind is OvsdbAtomKind.NamedUuid ? _text! : throw Not(OvsdbAtomKind.NamedUuid);

    /// <summary>By kind, then by value; text in ordinal order.</summary>
    public int CompareTo(OvsdbAtom other) => Kind != other.Kind
        ? Kind.CompareTo(other.Kind)
        : Kind switch
        {
            OvsdbAtomKind.Integer or OvsdbAtomKind.Boolean => _bits.CompareTo(other._bits),
            OvsdbAtomKind.Real => AsReal().CompareTo(other.AsReal()),
            OvsdbAtomKind.Uuid => _uuid.CompareTo(other._uuid),
            _ => string.CompareOrdinal(_text, other._text),
        };

    /// <inheritdoc/>
    public bool Equals(OvsdbAtom other) =>
        Kind == other.Kind && _bits == other._bits && _uuid == other._uuid && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OvsdbAtom other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, _bits, _text, _uuid);

    /// <summary>The atom as <c>ovs-vsctl</c> would print it.</summary>
    public override string ToString() => Kind switch
    {
        OvsdbAtomKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        OvsdbAtomKind.Real => AsReal().ToString("R", CultureInfo.InvariantCulture),
        OvsdbAtomKind.Boolean => _bits != 0 ? "true" : "false",
        OvsdbAtomKind.Uuid => _uuid.ToString(),
        _ => _text!,
    };

    public static bool operator ==(OvsdbAtom left, OvsdbAtom right) => left.Equals(right);

    public static bool operator !=(OvsdbAtom left, OvsdbAtom right) => !left.Equals(right);

    public static implicit operator OvsdbAtom(string value) => String(value);

    public static implicit operator OvsdbAtom(long value) => Integer(value);

    public static implicit operator OvsdbAtom(bool value) => Boolean(value);

    public static implicit operator OvsdbAtom(Guid value) => Uuid(value);

    internal static bool IsIdentifier(string text) =>
        text.Length > 0
        && !char.IsAsciiDigit(text[0])
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private InvalidOperationException Not(OvsdbAtomKind wanted) => new($"'{this}' is {Kind}, not {wanted}.");
}
