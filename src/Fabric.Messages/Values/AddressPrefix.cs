using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>An interface's address with its prefix length, as CNI results and <c>ip addr</c> write it: 10.244.0.5/24.</summary>
[JsonConverter(typeof(ParsableJsonConverter<AddressPrefix>))]
public readonly record struct AddressPrefix(IpAddress Address, int PrefixLength) : ISpanParsable<AddressPrefix>
{
    /// <summary>The subnet that the address lies in.</summary>
    public Cidr Subnet => new(Address, PrefixLength);

    public static AddressPrefix Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static AddressPrefix Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not ADDRESS/PREFIX");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AddressPrefix result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out AddressPrefix result)
    {
        result = default;
        var slash = s.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(s[..slash], provider, out var address))
            return false;
        if (!int.TryParse(s[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > address.Width)
            return false;
        result = new AddressPrefix(address, prefix);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");
}
