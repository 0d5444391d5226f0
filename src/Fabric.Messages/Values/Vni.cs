using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A virtual network's identifier on the wire: 24 bits (RFC 7348, section 5; RFC 8926, section 3.4). 0 is not used.</summary>
[JsonConverter(typeof(ParsableJsonConverter<Vni>))]
public readonly record struct Vni : IComparable<Vni>, IComparable, ISpanParsable<Vni>
{
    public const uint Min = 1;
    public const uint Max = 0xFF_FFFF;

    /// <summary>No network's: BFD's packets on the paths between nodes have it.</summary>
    public static readonly Vni OfPaths = new(Max);

    public Vni(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, Min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Max);
        Value = value;
    }

    public uint Value { get; }

    public static Vni Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static Vni Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not a number from {Min} to {Max}");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Vni result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Vni result)
    {
        result = default;
        if (!uint.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value is < Min or > Max)
            return false;
        result = new Vni(value);
        return true;
    }

    public int CompareTo(Vni other) => Value.CompareTo(other.Value);

    int IComparable.CompareTo(object? obj) => obj is Vni other ? CompareTo(other) : 1;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
