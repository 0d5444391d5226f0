using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>An IPv4 or IPv6 address as a value: ordered, comparable, and printed as RFC 5952 asks.</summary>
/// <remarks>IPv4 sorts before IPv6. Scope ids are not part of the value.</remarks>
[JsonConverter(typeof(ParsableJsonConverter<IpAddress>))]
public readonly struct IpAddress : IEquatable<IpAddress>, IComparable<IpAddress>, IComparable, ISpanParsable<IpAddress>
{
    private readonly UInt128 _bits;

    private IpAddress(UInt128 bits, bool isV6)
    {
        _bits = bits;
        IsV6 = isV6;
    }

    public bool IsV6 { get; }

    /// <summary>The address as an unsigned number: 32 bits for IPv4, 128 for IPv6.</summary>
    public UInt128 Bits => _bits;

    /// <summary>The width of the family in bits: 32 or 128.</summary>
    public int Width => IsV6 ? 128 : 32;

    public static IpAddress V4(uint bits) => new(bits, isV6: false);

    public static IpAddress V6(UInt128 bits) => new(bits, isV6: true);

    public static IpAddress From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? V4(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : V6(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public IPAddress ToNet()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!IsV6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)_bits);
            return new IPAddress(bytes[..4]);
        }
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _bits);
        return new IPAddress(bytes);
    }

    /// <summary>The address <paramref name="offset"/> places further on; throws at the end of the family's space.</summary>
    public IpAddress Plus(UInt128 offset)
    {
        var sum = checked(_bits + offset);
        if (!IsV6 && sum > uint.MaxValue)
            throw new OverflowException($"{this} + {offset} is past the end of IPv4");
        return new IpAddress(sum, IsV6);
    }

    public static IpAddress Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static IpAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not an IP address");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IpAddress result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IpAddress result)
    {
        result = default;
        // IPAddress.TryParse also takes "10.1", hexadecimal and scoped forms; a configuration that says so is a mistake.
        var isV4 = s.Count('.') == 3 && !s.Contains(':');
        if (!isV4 && (!s.Contains(':') || s.Contains('%') || s.Contains('[')))
            return false;
        if (isV4 && (s.ContainsAnyExcept("0123456789.") || HasLeadingZero(s)))
            return false;
        if (!IPAddress.TryParse(s, out var parsed))
            return false;
        result = From(parsed);
        return true;
    }

    // 010 is 8 for some programs and 10 for others (RFC 6943, section 3.1.1), so it is refused.
    private static bool HasLeadingZero(ReadOnlySpan<char> s)
    {
        foreach (var part in s.Split('.'))
        {
            var octet = s[part];
            if (octet.Length == 0 || octet.Length > 1 && octet[0] == '0')
                return true;
        }
        return false;
    }

    public int CompareTo(IpAddress other) => IsV6 != other.IsV6 ? IsV6.CompareTo(other.IsV6) : _bits.CompareTo(other._bits);

    int IComparable.CompareTo(object? obj) => obj is IpAddress other ? CompareTo(other) : 1;

    public bool Equals(IpAddress other) => IsV6 == other.IsV6 && _bits == other._bits;

    public override bool Equals(object? obj) => obj is IpAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_bits, IsV6);

    public override string ToString() => IsV6
        ? ToNet().ToString()
        : string.Create(CultureInfo.InvariantCulture,
            $"{(byte)(_bits >> 24)}.{(byte)(_bits >> 16)}.{(byte)(_bits >> 8)}.{(byte)_bits}");

    /// <summary>The address family's name as people write it: <c>IPv4</c> or <c>IPv6</c>.</summary>
    public string Family => IsV6 ? "IPv6" : "IPv4";

    public AddressFamily NetFamily => IsV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    public static bool operator ==(IpAddress left, IpAddress right) => left.Equals(right);

    public static bool operator !=(IpAddress left, IpAddress right) => !left.Equals(right);

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;
}
