using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A 48-bit Ethernet address, printed as six lower-case octets with colons.</summary>
[JsonConverter(typeof(ParsableJsonConverter<MacAddress>))]
public readonly record struct MacAddress : IComparable<MacAddress>, ISpanParsable<MacAddress>
{
    /// <param name="bits">The address as a number, the first octet in bits 40–47.</param>
    public MacAddress(ulong bits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 0xFFFF_FFFF_FFFFUL);
        Bits = bits;
    }

    public ulong Bits { get; }

    /// <summary>The group bit (IEEE 802, the first octet's lowest): such an address can't be an interface's own.</summary>
    public bool IsMulticast => (Bits >> 40 & 1) == 1;

    /// <summary>A stable, locally administered unicast address made from <paramref name="seed"/>'s low 46 bits.</summary>
    public static MacAddress LocallyAdministered(ulong seed) =>
        new(seed & 0xFCFF_FFFF_FFFFUL | 0x0200_0000_0000UL);

    /// <summary>The link-local IPv6 address of an interface with this address (RFC 4291, appendix A: modified EUI-64).</summary>
    public IpAddress LinkLocal()
    {
        var high = Bits >> 24 ^ 0x02_0000UL;
        var low = Bits & 0xFF_FFFFUL;
        var interfaceId = high << 40 | 0xFF_FE00_0000UL | low;
        return IpAddress.V6(new UInt128(0xFE80_0000_0000_0000UL, interfaceId));
    }

    public PhysicalAddress ToPhysical() => new([
        (byte)(Bits >> 40), (byte)(Bits >> 32), (byte)(Bits >> 24), (byte)(Bits >> 16), (byte)(Bits >> 8), (byte)Bits]);

    public static MacAddress From(PhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        ulong bits = 0;
        foreach (var octet in address.GetAddressBytes())
            bits = bits << 8 | octet;
        return new MacAddress(bits);
    }

    public static MacAddress Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static MacAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not a MAC address (aa:bb:cc:dd:ee:ff)");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MacAddress result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result)
    {
        result = default;
        if (s.Length != 17)
            return false;
        ulong bits = 0;
        for (var i = 0; i < 17; i += 3)
        {
            if (i > 0 && s[i - 1] is not (':' or '-'))
                return false;
            if (!byte.TryParse(s.Slice(i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                return false;
            bits = bits << 8 | octet;
        }
        result = new MacAddress(bits);
        return true;
    }

    public int CompareTo(MacAddress other) => Bits.CompareTo(other.Bits);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(byte)(Bits >> 40):x2}:{(byte)(Bits >> 32):x2}:{(byte)(Bits >> 24):x2}:{(byte)(Bits >> 16):x2}:{(byte)(Bits >> 8):x2}:{(byte)Bits:x2}");
}
