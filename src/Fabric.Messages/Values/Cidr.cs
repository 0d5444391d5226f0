using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A block of addresses in prefix notation; the host bits of <see cref="Network"/> are always zero.</summary>
[JsonConverter(typeof(ParsableJsonConverter<Cidr>))]
public readonly record struct Cidr : IComparable<Cidr>, IComparable, ISpanParsable<Cidr>
{
    /// <summary>The block that contains <paramref name="address"/>: host bits are cleared.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The prefix is longer than the family's width.</exception>
    public Cidr(IpAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, address.Width);
        PrefixLength = prefixLength;
        var bits = address.Bits & ~HostMask(address.Width - prefixLength);
        Network = address.IsV6 ? IpAddress.V6(bits) : IpAddress.V4((uint)bits);
    }

    public IpAddress Network { get; }

    public int PrefixLength { get; }

    public bool IsV6 => Network.IsV6;

    /// <summary>The number of addresses in the block; saturates for ::/0.</summary>
    public UInt128 Size => Network.Width - PrefixLength == 128 ? UInt128.MaxValue : UInt128.One << (Network.Width - PrefixLength);

    /// <summary>The last address of the block (the broadcast address in IPv4 subnets).</summary>
    public IpAddress Last => Network.Plus(HostMask(Network.Width - PrefixLength));

    public IpAddress Netmask
    {
        get
        {
            var ones = ~HostMask(Network.Width - PrefixLength);
            return IsV6 ? IpAddress.V6(ones) : IpAddress.V4((uint)ones);
        }
    }

    /// <summary>The address at <paramref name="index"/>, counted from the network address.</summary>
    public IpAddress At(UInt128 index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size);
        return Network.Plus(index);
    }

    public bool Contains(IpAddress address) =>
        address.IsV6 == IsV6 && (address.Bits & ~HostMask(Network.Width - PrefixLength)) == Network.Bits;

    public bool Contains(Cidr other) => other.PrefixLength >= PrefixLength && Contains(other.Network);

    public bool Overlaps(Cidr other) => Contains(other) || other.Contains(this);

    /// <summary>The <paramref name="index"/>th block of <paramref name="prefixLength"/> inside this one.</summary>
    public Cidr Subnet(int prefixLength, UInt128 index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prefixLength, PrefixLength);
        var offset = checked(index << (Network.Width - prefixLength));
        return new Cidr(At(offset), prefixLength);
    }

    private static UInt128 HostMask(int hostBits) =>
        hostBits == 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;

    public static Cidr Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static Cidr Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => TryParse(s, provider, out var result)
        ? result
        : throw new FormatException($"'{s}' is not a CIDR (ADDRESS/PREFIX with the host bits zero)");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Cidr result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Accepts <c>ADDRESS/PREFIX</c>; host bits that are set make it invalid, since one of the two is a typing error.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Cidr result)
    {
        result = default;
        var slash = s.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(s[..slash], provider, out var address))
            return false;
        if (!int.TryParse(s[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > address.Width)
            return false;
        result = new Cidr(address, prefix);
        return result.Network == address;
    }

    public int CompareTo(Cidr other)
    {
        var byNetwork = Network.CompareTo(other.Network);
        return byNetwork != 0 ? byNetwork : PrefixLength.CompareTo(other.PrefixLength);
    }

    int IComparable.CompareTo(object? obj) => obj is Cidr other ? CompareTo(other) : 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Network}/{PrefixLength}");
}
