using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>How a cluster's leases are Lease objects, and which of them have names with a prefix.</summary>
/// <remarks>
/// The spec is for people and for kubectl. What counts is in annotations: the real name, the value, the duration in
/// milliseconds, and the version that was replaced, which makes each renewal another object: a write that changes nothing
/// gets no new resourceVersion.
/// </remarks>
internal sealed class KubernetesLeases(JournalNames names)
{
    public const string FamilyLabel = "fabric.cni.dev/lease-family";

    private const string NameKey = "fabric.cni.dev/lease";
    private const string ValueKey = "fabric.cni.dev/value";
    private const string EncodingKey = "fabric.cni.dev/value-encoding";
    private const string Base64 = "base64";
    private const string DurationKey = "fabric.cni.dev/duration-ms";
    private const string AfterKey = "fabric.cni.dev/after";

    // The one family with as many leases as there are nodes.
    private static readonly string Many = Family(NodeLeaseRecord.Prefix);

    public string ObjectName(string lease) => JournalNames.Name($"{names.Cluster}-{lease}", $"{names.Cluster}\0lease\0{lease}");

    /// <summary>A query that brings every lease whose name begins with a prefix, and the nodes' only if they are meant.</summary>
    public ObjectQuery Query(string prefix)
    {
        var ours = names.Journals;
        if (prefix.Contains('/', StringComparison.Ordinal))
            return ours with { LabelSelector = $"{ours.LabelSelector},{FamilyLabel}={JournalNames.LabelValue(Family(prefix))}" };
        return ours with
        {
            LabelSelector = $"{ours.LabelSelector},{FamilyLabel}{(Many.StartsWith(prefix, StringComparison.Ordinal) ? "" : $" notin ({Many})")}",
        };
    }

    public LeaseObject Encode(string lease, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion, DateTimeOffset now)
    {
        var (text, base64) = JournalRecords.Text(value.Span);
        var annotations = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add(NameKey, lease)
            .Add(ValueKey, text ?? base64!)
            .Add(EncodingKey, text is null ? Base64 : "text")
            .Add(DurationKey, ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture))
            .Add(AfterKey, expectedVersion.ToString(CultureInfo.InvariantCulture));
        var metadata = new ObjectMeta(ObjectName(lease), names.Namespace,
            ResourceVersion: expectedVersion == 0 ? null : expectedVersion.ToString(CultureInfo.InvariantCulture),
            Labels: names.Labels.Add(FamilyLabel, JournalNames.LabelValue(Family(lease))), Annotations: annotations);
        return new LeaseObject(metadata, new LeaseSpec(
            Holder(value.Span) ?? lease, Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds)), null, now, null));
    }

    /// <returns>Null: it is no lease of Fabric's.</returns>
    public static Lease? Decode(LeaseObject stored)
    {
        var annotations = stored.Metadata.Annotations;
        if (annotations is null || !annotations.TryGetValue(NameKey, out var name))
            return null;
        // One that is not as this version writes them has no duration: it counts as expired at once.
        var duration = long.TryParse(annotations.GetValueOrDefault(DurationKey), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? TimeSpan.FromMilliseconds(ms)
            : TimeSpan.Zero;
        return new Lease(name, Version(stored), duration, Value(annotations));
    }

    public static long Version(LeaseObject stored) => JournalFeed.Number(stored.Metadata.ResourceVersion);

    private static byte[] Value(ImmutableSortedDictionary<string, string> annotations)
    {
        var text = annotations.GetValueOrDefault(ValueKey) ?? "";
        if (annotations.GetValueOrDefault(EncodingKey) != Base64)
            return Encoding.UTF8.GetBytes(text);
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : [];
    }

    private static string Family(string lease) => lease.Split('/')[0];

    /// <summary>What kubectl shows as the holder: the node that the value names, if it names one.</summary>
    private static string? Holder(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            return JsonDocument.TryParseValue(ref reader, out var document) && document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("node", out var node) && node.ValueKind == JsonValueKind.String && node.GetString() is { Length: > 0 } text
                    ? text
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
