using System.Buffers.Text;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A stream's head as etcd keeps it; never deleted.</summary>
/// <param name="Pruned">Events up to this number count as gone, also while their commits are still there.</param>
/// <param name="Previous">The number of the snapshot before <paramref name="Snapshot"/>; 0 if there is none.</param>
internal sealed record EtcdHead(
    int Format, long Last, string Commit, uint Crc32C, long Pruned = 0, EtcdSnapshotRef? Snapshot = null, long Previous = 0)
{
    public const int CurrentFormat = 1;

    public static EtcdHead Empty { get; } = new(CurrentFormat, 0, "", 0);

    public long SnapshotNr => Snapshot?.SequenceNr ?? 0;

    public StreamHead For(PersistenceId stream) => new(stream, Last, Last == 0 ? null : CommitId.Parse(Commit), SnapshotNr);
}

/// <param name="Digest">The beginning of the content's SHA-256; part of its keys.</param>
/// <param name="Parts">How many keys it has: a request to etcd takes 1.5 MiB.</param>
internal sealed record EtcdSnapshotRef(long SequenceNr, string Manifest, ulong Hlc, uint Crc32C, string Digest, int Parts);

/// <summary>One append; its events are numbered on from the one before <paramref name="First"/>.</summary>
internal sealed record EtcdCommit(string Commit, long First, EtcdStoredEvent[] Events);

/// <param name="At">The writer's wall clock, milliseconds since 1970.</param>
/// <param name="Payload">The event's JSON, byte for byte.</param>
internal sealed record EtcdStoredEvent(
    ulong Hlc,
    long At,
    string Manifest,
    uint Crc32C,
    string? Correlation,
    string? Cause,
    string[]? Object,
    [property: JsonConverter(typeof(RawJsonConverter))] ReadOnlyMemory<byte> Payload);

/// <summary>JSON inside JSON that must come back exactly as it was, because a checksum covers it.</summary>
internal sealed class RawJsonConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
    }

    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Span);
}

/// <summary>Turns what etcd stores into what the journal speaks of, and back, with checksums.</summary>
internal static class EtcdRecords
{
    /// <summary>
    /// 1.4 MiB for a commit as it is stored: etcd takes 1.5 MiB in a request (--max-request-bytes), and head and keys
    /// travel with it.
    /// </summary>
    private const int MaxStoredBytes = 1_468_006;

    /// <exception cref="ArgumentException">A payload is no JSON, or the commit is too large for a request.</exception>
    public static byte[] Encode(Append append)
    {
        try
        {
            var commit = new EtcdCommit(append.CommitId.ToString(), append.ExpectedSequenceNr + 1, [.. append.Events.Select(Stored)]);
            var bytes = JsonSerializer.SerializeToUtf8Bytes(commit, EtcdRecordJson.Default.EtcdCommit);
            return bytes.Length <= MaxStoredBytes
                ? bytes
                : throw new ArgumentException($"an append of {append.Events.Length} events to {append.Stream} takes {bytes.Length} bytes as it is "
                    + $"stored; etcd takes {MaxStoredBytes}", nameof(append));
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"an event of {append.Stream} is no JSON: {e.Message}", nameof(append), e);
        }
    }

    /// <exception cref="JournalException">It is damaged.</exception>
    public static ImmutableArray<EventEnvelope> Decode(PersistenceId stream, EtcdKeyValue row)
    {
        try
        {
            var commit = JsonSerializer.Deserialize(row.Value, EtcdRecordJson.Default.EtcdCommit) ?? throw new JsonException("it is null");
            var id = CommitId.Parse(commit.Commit);
            return [.. commit.Events.Select((e, i) => AppendChecks.Intact(Envelope(stream, id, commit.First + i, e)))];
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
        {
            throw new JournalException($"read {stream}", $"the commit at {Encoding.UTF8.GetString(row.Key!)} is damaged: {e.Message}",
                isTransient: false, e);
        }
    }

    public static byte[] Encode(EtcdHead head) => JsonSerializer.SerializeToUtf8Bytes(head, EtcdRecordJson.Default.EtcdHead);

    public static EtcdHead Moved(EtcdHead head, PersistenceId stream, long last, CommitId commit) => head with
    {
        Last = last,
        Commit = commit.ToString(),
        Crc32C = JournalRows.HeadChecksum(stream.Value, last, commit),
    };

    /// <exception cref="JournalException">It is damaged, or of a newer version.</exception>
    public static EtcdHead DecodeHead(PersistenceId stream, byte[] value)
    {
        try
        {
            var head = JsonSerializer.Deserialize(value, EtcdRecordJson.Default.EtcdHead) ?? throw new JsonException("it is null");
            if (head.Format != EtcdHead.CurrentFormat)
                throw new JsonException($"it has format {head.Format}, and this version of Fabric reads format {EtcdHead.CurrentFormat}");
            if (head.Crc32C != JournalRows.HeadChecksum(stream.Value, head.Last, CommitId.Parse(head.Commit)))
                throw new JsonException("its checksum is wrong");
            return head;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new JournalException($"read {stream}", $"its head in etcd can't be read: {e.Message}", isTransient: false, e);
        }
    }

    /// <summary>A line with the duration in milliseconds, then the value as it is.</summary>
    public static byte[] EncodeLease(ReadOnlyMemory<byte> value, TimeSpan duration) =>
        [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"{(long)duration.TotalMilliseconds}\n")), .. value.Span];

    /// <summary>A record that is not as this version writes them has no duration: it counts as expired at once.</summary>
    public static Lease DecodeLease(string name, EtcdKeyValue row)
    {
        var value = row.Value ?? [];
        return Utf8Parser.TryParse(value, out long milliseconds, out var digits) && digits < value.Length && value[digits] == (byte)'\n'
            ? new Lease(name, row.ModRevision, TimeSpan.FromMilliseconds(milliseconds), value.AsMemory(digits + 1))
            : new Lease(name, row.ModRevision, TimeSpan.Zero, value);
    }

    private static EtcdStoredEvent Stored(EventEnvelope e) => new(e.Hlc.Bits, e.WallTime.ToUnixTimeMilliseconds(), e.Manifest, e.Crc32C,
        e.Correlation == CorrelationId.None ? null : e.Correlation.Value,
        e.Causation is { } cause ? FormattableString.Invariant($"{cause.SequenceNr} {cause.Stream}") : null,
        e.ObjectRef is { } o ? [o.Kind, o.Namespace, o.Name, o.Uid, o.ResourceVersion] : null,
        e.Payload);

    private static EventEnvelope Envelope(PersistenceId stream, CommitId commit, long number, EtcdStoredEvent e) => new()
    {
        Stream = stream,
        SequenceNr = number,
        CommitId = commit,
        Hlc = new Hlc(e.Hlc),
        WallTime = DateTimeOffset.FromUnixTimeMilliseconds(e.At),
        Manifest = e.Manifest,
        Correlation = e.Correlation is { } correlation ? new CorrelationId(correlation) : CorrelationId.None,
        Causation = e.Cause is { } cause ? CausationIn(cause) : null,
        ObjectRef = e.Object switch
        {
            null => null,
            [var kind, var space, var name, var uid, var version] => new ObjectRef(kind, space, name, uid, version),
            _ => throw new JsonException("an object reference has five parts"),
        },
        Crc32C = e.Crc32C,
        Payload = e.Payload,
    };

    private static Causation CausationIn(string text) =>
        text.IndexOf(' ') is > 0 and var space
        && long.TryParse(text.AsSpan(0, space), out var number)
        && PersistenceId.TryParse(text.AsSpan(space + 1), null, out var stream)
            ? new Causation(stream, number)
            : throw new JsonException($"'{text}' is no cause");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EtcdHead))]
[JsonSerializable(typeof(EtcdCommit))]
internal sealed partial class EtcdRecordJson : JsonSerializerContext;
