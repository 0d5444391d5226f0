using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>An OpenFlow port number that Fabric requests; numbers from 32768 on are Open vSwitch's own choice, so never asked for.</summary>
[JsonConverter(typeof(ParsableJsonConverter<OfPort>))]
public readonly record struct OfPort : IComparable<OfPort>, IComparable, ISpanParsable<OfPort>
{
    public const ushort Min = 1;
    public const ushort Max = 32767;

    public OfPort(ushort value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, Min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Max);
        Value = value;
    }

    public ushort Value { get; }

    public static OfPort Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static OfPort Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not a number from {Min} to {Max}");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out OfPort result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out OfPort result)
    {
        result = default;
        if (!ushort.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value is < Min or > Max)
            return false;
        result = new OfPort(value);
        return true;
    }

    public int CompareTo(OfPort other) => Value.CompareTo(other.Value);

    int IComparable.CompareTo(object? obj) => obj is OfPort other ? CompareTo(other) : 1;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
