using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>One stream: its head and its newest commits. Replaced by PUT with resourceVersion, never deleted.</summary>
internal sealed record JournalObject(ObjectMeta Metadata, JournalSpec Spec) : IApiObject
{
    public static ResourceKind<JournalObject> Resource { get; } = new(JournalKinds.Group, JournalKinds.Version, "Journal", "journals",
        IsNamespaced: true, KubernetesJournalJson.Relaxed.JournalObject);
}

/// <param name="Last">The last event's sequence number.</param>
/// <param name="Pruned">Events up to this number count as gone, also while the segment that they are in is still there.</param>
/// <param name="Previous">The snapshot before, kept until the next one is stored.</param>
/// <param name="Segments">In order, without gaps; the tail goes on where they end.</param>
/// <param name="Tail">The newest commits, at most <see cref="JournalSizes.TailBytes"/>.</param>
/// <param name="SegmentCount">For people: kubectl can't count.</param>
internal sealed record JournalSpec(
    int Format,
    string Cluster,
    string Stream,
    long Last,
    string Commit,
    uint Crc32C,
    long Pruned,
    SnapshotRef? Snapshot,
    SnapshotRef? Previous,
    ImmutableArray<SegmentRef> Segments,
    ImmutableArray<StoredCommit> Tail,
    int TailBytes,
    int SegmentCount)
{
    public const int CurrentFormat = 1;

    [JsonIgnore]
    public long SnapshotNr => Snapshot?.SequenceNr ?? 0;

    /// <summary>The number of the first event in the tail, or the one after the last if it is empty.</summary>
    [JsonIgnore]
    public long TailFirst => Tail.IsEmpty ? Last + 1 : Tail[0].First;
}

/// <param name="Bytes">Its size as it is stored.</param>
/// <param name="Digest">The end of its object's name (<see cref="JournalNames"/>).</param>
internal sealed record SegmentRef(long First, long Last, int Bytes, string Digest);

/// <param name="Parts">How many objects it has.</param>
/// <param name="Digest">Part of their names.</param>
internal sealed record SnapshotRef(long SequenceNr, string Manifest, string Hlc, uint Crc32C, int Parts, string Digest);

/// <summary>One append, or a piece of one that is too large for one segment.</summary>
/// <param name="First">The first event's sequence number; the others follow.</param>
internal sealed record StoredCommit(string Commit, long First, ImmutableArray<StoredEvent> Events)
{
    [JsonIgnore]
    public long Last => First + Events.Length - 1;
}

/// <param name="Hlc">MILLISECONDS.COUNTER: as a number it would not survive a reader that knows only doubles.</param>
/// <param name="At">The writer's wall clock, milliseconds since 1970.</param>
/// <param name="Cause">SEQUENCENUMBER STREAM.</param>
/// <param name="Object">Kind, namespace, name, uid and resource version.</param>
/// <param name="Json">The event's JSON as text, byte for byte. Null: it is in <paramref name="Base64"/>.</param>
internal sealed record StoredEvent(
    string Hlc,
    long At,
    string Manifest,
    uint Crc32C,
    string? Correlation,
    string? Cause,
    ImmutableArray<string>? Object,
    string? Json,
    string? Base64);
