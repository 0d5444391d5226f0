using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>
/// Tells whether a repeated ADD asks for the same attachment: equal for configurations that differ only in what a
/// runtime may change between two calls.
/// </summary>
/// <remarks>
/// SHA-256, lower-case hex, over the configuration with members in ordinal order and without blanks. Left out: what
/// belongs to one call (prevResult, everything under <c>cni.dev/</c>), to the conversation (cniVersion, cniVersions,
/// agentSocket, capabilities), and args, runtimeConfig and CNI_ARGS, of which only the MAC and the addresses they ask
/// for count. The digest is journalled: changing the form makes every repeated ADD across an upgrade an error 105.
/// What a pod's annotations add to the configuration follows the digest as text.
/// </remarks>
public static class ConfigurationDigest
{
    private static readonly ImmutableHashSet<string> LeftOut = ImmutableHashSet.Create(
        StringComparer.Ordinal, "prevResult", "cniVersion", "cniVersions", "agentSocket", "capabilities", "args", "runtimeConfig",
        "disableCheck", "disableGC", "loadOnlyInlinedPlugins");

    internal static string Of(JsonElement configuration, MacAddress? mac, ImmutableArray<IpAddress> ips)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("configuration");
            foreach (var member in Sorted(configuration).Where(m => !IsLeftOut(m.Key)))
            {
                json.WritePropertyName(member.Key);
                Write(json, member.Value);
            }
            json.WriteEndObject();
            json.WriteStartArray("ips");
            foreach (var ip in ips.Order())
                json.WriteStringValue(ip.ToString());
            json.WriteEndArray();
            if (mac is { } address)
                json.WriteString("mac", address.ToString());
            json.WriteEndObject();
        }
        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    /// <summary>The digest of a configuration to which annotations have added something.</summary>
    internal static string With(
        string digest, AnnotationUse use, MacAddress? mac, ImmutableArray<IpAddress> ips, NetworkName? network)
    {
        if (use.HasFlag(AnnotationUse.Addresses))
            digest += $";addresses={string.Join(",", ips.Order())}";
        if (use.HasFlag(AnnotationUse.Mac))
            digest += $";mac={mac}";
        return use.HasFlag(AnnotationUse.Network) ? digest + $";network={network}" : digest;
    }

    /// <summary>Whether a digest is of this configuration, to which annotations had added something.</summary>
    internal static bool IsWithAnnotations(string digest, string plain) =>
        digest.Length > plain.Length && digest[plain.Length] == ';' && digest.StartsWith(plain, StringComparison.Ordinal);

    private static bool IsLeftOut(string name) => LeftOut.Contains(name) || name.StartsWith("cni.dev/", StringComparison.Ordinal);

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in Sorted(value))
                {
                    json.WritePropertyName(member.Key);
                    Write(json, member.Value);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    // Of a repeated key the last counts, as everywhere else.
    private static SortedDictionary<string, JsonElement> Sorted(JsonElement value)
    {
        var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }
}
