using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A node's name: a DNS subdomain as Kubernetes asks of node names (RFC 1123), at most 253 characters.</summary>
[JsonConverter(typeof(ParsableJsonConverter<NodeName>))]
public readonly record struct NodeName : IComparable<NodeName>, IComparable, ISpanParsable<NodeName>
{
    public NodeName(string value)
    {
        if (Fault(value) is { } fault)
            throw new FormatException(fault);
        Value = value;
    }

    public string Value { get; }

    /// <summary>What is wrong with <paramref name="text"/>, or null if it is fit to be one.</summary>
    public static string? Fault(ReadOnlySpan<char> text) => TextRules.DnsSubdomain("node name", text);

    public static NodeName Parse(string s, IFormatProvider? provider = null) => new(s);

    public static NodeName Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(s.ToString());

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out NodeName result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out NodeName result)
    {
        result = default;
        if (Fault(s) is not null)
            return false;
        result = new NodeName(s.ToString());
        return true;
    }

    public int CompareTo(NodeName other) => string.CompareOrdinal(Value, other.Value);

    int IComparable.CompareTo(object? obj) => obj is NodeName other ? CompareTo(other) : 1;

    public override string ToString() => Value ?? "";
}
