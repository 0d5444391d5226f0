using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>Ties together everything that one request caused: events, driver calls, the CNI error's details.</summary>
[JsonConverter(typeof(ParsableJsonConverter<CorrelationId>))]
public readonly record struct CorrelationId(string Value) : ISpanParsable<CorrelationId>
{
    /// <summary>What nobody asked for: recovery, reconciliation and timers that outlive their request.</summary>
    public static CorrelationId None { get; } = new("-");

    public static CorrelationId Parse(string s, IFormatProvider? provider = null) => new(s);

    public static CorrelationId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) => new(s.ToString());

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out CorrelationId result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out CorrelationId result)
    {
        result = new CorrelationId(s.ToString());
        return s.Length > 0;
    }

    public override string ToString() => Value ?? "-";
}
