using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>Commits that left a journal's tail. Never changed; written before a journal refers to it, deleted after none does.</summary>
internal sealed record JournalSegmentObject(ObjectMeta Metadata, JournalSegmentSpec Spec) : IApiObject
{
    public static ResourceKind<JournalSegmentObject> Resource { get; } = new(JournalKinds.Group, JournalKinds.Version, "JournalSegment",
        JournalKinds.Segments, IsNamespaced: true, KubernetesJournalJson.Relaxed.JournalSegmentObject);
}

/// <param name="After">
/// The resourceVersion of the journal that its writer is about to replace; 0 if there was none. Once the journal has another
/// one and does not refer to this object, it never will (docs/decisions/0015-journal-on-kubernetes.md).
/// </param>
internal sealed record JournalSegmentSpec(
    int Format, string Cluster, string Stream, long First, long Last, string After, ImmutableArray<StoredCommit> Commits);

/// <summary>One part of a snapshot. Never changed.</summary>
internal sealed record JournalSnapshotObject(ObjectMeta Metadata, JournalSnapshotSpec Spec) : IApiObject
{
    public static ResourceKind<JournalSnapshotObject> Resource { get; } = new(JournalKinds.Group, JournalKinds.Version, "JournalSnapshot",
        JournalKinds.Snapshots, IsNamespaced: true, KubernetesJournalJson.Relaxed.JournalSnapshotObject);
}

/// <param name="After">As a segment's.</param>
/// <param name="Part">From 0 on.</param>
/// <param name="Text">The part's bytes as text. Null: they are in <paramref name="Base64"/>.</param>
internal sealed record JournalSnapshotSpec(int Format, string Cluster, string Stream, long SequenceNr, string After, int Part, int Parts,
    string? Text, string? Base64);

/// <summary>What is read of a segment or a snapshot's part to tell whether any journal may still refer to it.</summary>
internal sealed record JournalPartObject(ObjectMeta Metadata, JournalPartSpec Spec) : IApiObject
{
    public static ImmutableArray<ResourceKind<JournalPartObject>> Resources { get; } =
        [Resource("JournalSegment", JournalKinds.Segments), Resource("JournalSnapshot", JournalKinds.Snapshots)];

    public static ResourceKind<JournalPartObject> Segment => Resources[0];

    public static ResourceKind<JournalPartObject> Snapshot => Resources[1];

    private static ResourceKind<JournalPartObject> Resource(string kind, string plural) =>
        new(JournalKinds.Group, JournalKinds.Version, kind, plural, IsNamespaced: true, KubernetesJournalJson.Relaxed.JournalPartObject);
}

internal sealed record JournalPartSpec(string Stream, string After);

internal static class JournalKinds
{
    public const string Group = "fabric.cni.dev";
    public const string Version = "v1alpha1";
    public const string Segments = "journalsegments";
    public const string Snapshots = "journalsnapshots";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(WholeSeconds)])]
[JsonSerializable(typeof(JournalObject))]
[JsonSerializable(typeof(JournalSegmentObject))]
[JsonSerializable(typeof(JournalSnapshotObject))]
[JsonSerializable(typeof(JournalPartObject))]
[JsonSerializable(typeof(StoredCommit))]
internal sealed partial class KubernetesJournalJson : JsonSerializerContext
{
    /// <summary>Quotes and umlauts as they are: escaped, a commit would be six times as large on its way.</summary>
    public static KubernetesJournalJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new WholeSeconds() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
