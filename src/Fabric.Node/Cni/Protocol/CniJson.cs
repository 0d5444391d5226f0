using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Node.Cni;

/// <summary>Thrown when a JSON member is not what it must be; caught inside this folder, where it becomes an error's
/// text.</summary>
internal sealed class CniJsonException(string key, string? value, string rule)
    : Exception($"{key} = {value ?? "nothing"} must be {rule}")
{
    public string Key { get; } = key;

    /// <summary>The member's raw text; null if it is missing.</summary>
    public string? Value { get; } = value;

    public string Rule { get; } = rule;
}

/// <summary>Reads members of a JSON object strictly; null stands for a missing member, as in encoding/json.</summary>
/// <remarks>In every method <c>path</c> goes in front of the member's name in messages.</remarks>
internal static class CniJson
{
    /// <summary>The member, or null if it is missing or null.</summary>
    public static JsonElement? Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static JsonElement? Object(JsonElement json, string name, string path = "") =>
        Member(json, name) is not { } member ? null
        : member.ValueKind == JsonValueKind.Object ? member
        : throw Wrong(path + name, member, "an object");

    public static IEnumerable<JsonElement> Array(JsonElement json, string name, string path = "") =>
        Member(json, name) is not { } member ? []
        : member.ValueKind == JsonValueKind.Array ? member.EnumerateArray()
        : throw Wrong(path + name, member, "a list");

    public static string String(JsonElement json, string name, string path = "") =>
        Member(json, name) is not { } member ? "" : Text(member, path + name);

    public static string Text(JsonElement member, string key) => member.ValueKind == JsonValueKind.String
        ? member.GetString()!
        : throw Wrong(key, member, "a string");

    public static ImmutableArray<string> Strings(JsonElement json, string name, string path = "") =>
        [.. Array(json, name, path).Select(item => Text(item, path + name))];

    /// <summary>An integer between the bounds, or null if missing.</summary>
    public static int? Int(JsonElement json, string name, int min, int max, string path = "")
    {
        if (Member(json, name) is not { } member)
            return null;
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var value) && value >= min && value <= max
            ? value
            : throw Wrong(path + name, member, FormattableString.Invariant($"an integer from {min} to {max}"));
    }

    public static CniJsonException Wrong(string key, JsonElement value, string rule) => new(key, value.GetRawText(), rule);

    public static CniDns Dns(JsonElement json, string path) => Object(json, "dns", path) is not { } dns
        ? CniDns.Empty
        : new CniDns(
            Strings(dns, "nameservers", path + "dns."),
            String(dns, "domain", path + "dns."),
            Strings(dns, "search", path + "dns."),
            Strings(dns, "options", path + "dns."));
}
