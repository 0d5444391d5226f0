using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A network interface's name: 1–15 characters, no slash, colon or blank, not . or .. (the kernel's dev_valid_name).</summary>
[JsonConverter(typeof(ParsableJsonConverter<InterfaceName>))]
public readonly record struct InterfaceName : IComparable<InterfaceName>, IComparable, ISpanParsable<InterfaceName>
{
    public InterfaceName(string value)
    {
        if (Fault(value) is { } fault)
            throw new FormatException(fault);
        Value = value;
    }

    public string Value { get; }

    /// <summary>What is wrong with <paramref name="text"/>, or null if it is fit to be one.</summary>
    public static string? Fault(ReadOnlySpan<char> text) => TextRules.InterfaceName(text);

    public static InterfaceName Parse(string s, IFormatProvider? provider = null) => new(s);

    public static InterfaceName Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(s.ToString());

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out InterfaceName result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out InterfaceName result)
    {
        result = default;
        if (Fault(s) is not null)
            return false;
        result = new InterfaceName(s.ToString());
        return true;
    }

    public int CompareTo(InterfaceName other) => string.CompareOrdinal(Value, other.Value);

    int IComparable.CompareTo(object? obj) => obj is InterfaceName other ? CompareTo(other) : 1;

    public override string ToString() => Value ?? "";
}
