using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A CNI network's name: starts with a letter or digit, then letters, digits, _ . - (CNI SPEC 1.1, section 1).</summary>
[JsonConverter(typeof(ParsableJsonConverter<NetworkName>))]
public readonly record struct NetworkName : IComparable<NetworkName>, IComparable, ISpanParsable<NetworkName>
{
    public NetworkName(string value)
    {
        if (Fault(value) is { } fault)
            throw new FormatException(fault);
        Value = value;
    }

    public string Value { get; }

    /// <summary>What is wrong with <paramref name="text"/>, or null if it is fit to be one.</summary>
    public static string? Fault(ReadOnlySpan<char> text) => TextRules.CniName("network name", text);

    public static NetworkName Parse(string s, IFormatProvider? provider = null) => new(s);

    public static NetworkName Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(s.ToString());

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NetworkName result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out NetworkName result)
    {
        result = default;
        if (Fault(s) is not null)
            return false;
        result = new NetworkName(s.ToString());
        return true;
    }

    public int CompareTo(NetworkName other) => string.CompareOrdinal(Value, other.Value);

    int IComparable.CompareTo(object? obj) => obj is NetworkName other ? CompareTo(other) : 1;

    public override string ToString() => Value ?? "";
}
