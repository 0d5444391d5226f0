using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A hybrid logical clock's reading: 48 bits of Unix milliseconds, then a 16-bit counter.</summary>
/// <remarks>
/// Readings of one writer always grow, and a reading exceeds that of every event its writer had seen; so sorting by
/// (hlc, node, ordering) never puts an effect before its cause, whatever the machines' clocks say
/// (Kulkarni et al., Logical Physical Clocks, 2014).
/// </remarks>
[JsonConverter(typeof(ParsableJsonConverter<Hlc>))]
public readonly record struct Hlc(ulong Bits) : IComparable<Hlc>, ISpanParsable<Hlc>
{
    public Hlc(long unixMilliseconds, ushort counter) : this((ulong)unixMilliseconds << 16 | counter)
    {
    }

    public long UnixMilliseconds => (long)(Bits >> 16);

    public ushort Counter => (ushort)Bits;

    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    /// <summary>The next reading. When the counter overflows the millisecond part advances, which keeps the order.</summary>
    public Hlc Next() => new(Bits + 1);

    public int CompareTo(Hlc other) => Bits.CompareTo(other.Bits);

    public static bool operator <(Hlc left, Hlc right) => left.Bits < right.Bits;

    public static bool operator >(Hlc left, Hlc right) => left.Bits > right.Bits;

    public static bool operator <=(Hlc left, Hlc right) => left.Bits <= right.Bits;

    public static bool operator >=(Hlc left, Hlc right) => left.Bits >= right.Bits;

    public static Hlc Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static Hlc Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not an HLC (MILLISECONDS.COUNTER)");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Hlc result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Hlc result)
    {
        result = default;
        var dot = s.IndexOf('.');
        if (dot < 0
            || !long.TryParse(s[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds >= 1L << 48
            || !ushort.TryParse(s[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var counter))
            return false;
        result = new Hlc(milliseconds, counter);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{UnixMilliseconds}.{Counter}");
}
