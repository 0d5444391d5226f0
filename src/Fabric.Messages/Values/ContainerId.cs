using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A container id as CNI allows it: starts with a letter or digit, then letters, digits, _ . - (CNI SPEC 1.1, section 2).</summary>
[JsonConverter(typeof(ParsableJsonConverter<ContainerId>))]
public readonly record struct ContainerId : IComparable<ContainerId>, IComparable, ISpanParsable<ContainerId>
{
    public ContainerId(string value)
    {
        if (Fault(value) is { } fault)
            throw new FormatException(fault);
        Value = value;
    }

    public string Value { get; }

    /// <summary>What is wrong with <paramref name="text"/>, or null if it is fit to be one.</summary>
    public static string? Fault(ReadOnlySpan<char> text) => TextRules.ContainerId(text);

    public static ContainerId Parse(string s, IFormatProvider? provider = null) => new(s);

    public static ContainerId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(s.ToString());

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ContainerId result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out ContainerId result)
    {
        result = default;
        if (Fault(s) is not null)
            return false;
        result = new ContainerId(s.ToString());
        return true;
    }

    public int CompareTo(ContainerId other) => string.CompareOrdinal(Value, other.Value);

    int IComparable.CompareTo(object? obj) => obj is ContainerId other ? CompareTo(other) : 1;

    public override string ToString() => Value ?? "";
}
