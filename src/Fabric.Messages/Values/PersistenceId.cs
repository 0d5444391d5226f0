using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The identity of one entity and of its stream in the journal: <c>kind/key</c>, for example <c>tunnel/node-b</c>.</summary>
[JsonConverter(typeof(ParsableJsonConverter<PersistenceId>))]
public readonly record struct PersistenceId : IComparable<PersistenceId>, IComparable, ISpanParsable<PersistenceId>
{
    public PersistenceId(string kind, string key)
    {
        if (kind.Length == 0 || kind.Contains('/'))
            throw new FormatException($"persistence id kind '{kind}' must not be empty or hold '/'");
        if (key.Length == 0)
            throw new FormatException($"persistence id of kind '{kind}' needs a key");
        Value = $"{kind}/{key}";
    }

    private PersistenceId(string value) => Value = value;

    public string Value { get; }

    public string Kind => Value[..Value.IndexOf('/')];

    public string Key => Value[(Value.IndexOf('/') + 1)..];

    public static PersistenceId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    public static PersistenceId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is not a persistence id (KIND/KEY)");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PersistenceId result) =>
        TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PersistenceId result)
    {
        result = default;
        var slash = s.IndexOf('/');
        if (slash <= 0 || slash == s.Length - 1)
            return false;
        result = new PersistenceId(s.ToString());
        return true;
    }

    public int CompareTo(PersistenceId other) => string.CompareOrdinal(Value, other.Value);

    int IComparable.CompareTo(object? obj) => obj is PersistenceId other ? CompareTo(other) : 1;

    public override string ToString() => Value ?? "";
}
