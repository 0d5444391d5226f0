using System.Globalization;

namespace Fabric.Ovs.OpenFlow;

/// <summary>A 48-bit Ethernet address, held in the low bits of <see cref="Value"/>.</summary>
public readonly record struct EthAddr
{
    private const ulong Mask = 0xffff_ffff_ffff;

    /// <summary>Creates an address from its 48-bit number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A bit above the low 48 is set.</exception>
    public EthAddr(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Mask);
        Value = value;
    }

    /// <summary>The address as a number; the first octet is the most significant.</summary>
    public ulong Value { get; }

    /// <summary>ff:ff:ff:ff:ff:ff, also the mask that matches every bit.</summary>
    public static EthAddr Broadcast { get; } = new(Mask);

    /// <summary>Parses six two-digit hexadecimal octets separated by colons.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static EthAddr Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        if (parts.Length != 6) throw new FormatException($"'{text}' is not an Ethernet address");
        ulong value = 0;
        foreach (var part in parts)
        {
            if (part.Length != 2 ||
                !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                throw new FormatException($"'{text}' is not an Ethernet address");
            }

            value = (value << 8) | octet;
        }

        return new EthAddr(value);
    }

    /// <summary>The address in the form 0a:58:00:00:00:01.</summary>
    public override string ToString() => string.Create(17, Value, static (span, value) =>
    {
        const string digits = "0123456789abcdef";
        for (var i = 0; i < 6; i++)
        {
            var octet = (int)(value >> (40 - 8 * i)) & 0xff;
            span[3 * i] = digits[octet >> 4];
            span[3 * i + 1] = digits[octet & 15];
            if (i < 5) span[3 * i + 2] = ':';
        }
    });
}
