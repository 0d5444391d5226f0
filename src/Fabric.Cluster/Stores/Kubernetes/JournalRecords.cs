using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Turns what the API stores into what the journal speaks of, and back, with checksums.</summary>
/// <remarks>
/// The API server parses and prints all JSON anew. So an event's JSON travels as text in a string, which comes back byte for
/// byte, and stays readable in kubectl; or in base64 where that can't be.
/// </remarks>
internal static class JournalRecords
{
    // Also with six characters for each byte it is far below what etcd takes in a request.
    private const int SurelySmall = 64 << 10;

    public static JournalSpec Empty(string cluster, PersistenceId stream) =>
        new(JournalSpec.CurrentFormat, cluster, stream.Value, 0, "", 0, 0, null, null, [], [], 0, 0);

    public static StreamHead Head(PersistenceId stream, JournalSpec head) =>
        new(stream, head.Last, head.Last == 0 ? null : CommitId.Parse(head.Commit), head.SnapshotNr);

    public static StoredCommit Stored(Append append) =>
        new(append.CommitId.ToString(), append.ExpectedSequenceNr + 1, [.. append.Events.Select(Stored)]);

    public static JournalSpec Moved(JournalSpec head, PersistenceId stream, long last, CommitId commit) => head with
    {
        Last = last,
        Commit = commit.ToString(),
        Crc32C = JournalRows.HeadChecksum(stream.Value, last, commit),
    };

    /// <exception cref="JournalException">It is damaged, another stream's, or of a newer version.</exception>
    public static JournalSpec Checked(PersistenceId stream, string cluster, JournalObject journal)
    {
        try
        {
            var head = journal.Spec ?? throw new FormatException("it has no spec");
            if (head.Format != JournalSpec.CurrentFormat)
            {
                throw new FormatException(
                    $"it has format {head.Format}, and this version of Fabric reads format {JournalSpec.CurrentFormat}");
            }
            if (head.Stream != stream.Value || head.Cluster != cluster)
                throw new FormatException($"it is stream {head.Stream} of cluster {head.Cluster}");
            if (head.Last > 0 && head.Crc32C != JournalRows.HeadChecksum(stream.Value, head.Last, CommitId.Parse(head.Commit)))
                throw new FormatException("its checksum is wrong");
            return head with
            {
                Segments = head.Segments.IsDefault ? [] : head.Segments,
                Tail = head.Tail.IsDefault ? [] : head.Tail,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new JournalException(
                $"read {stream}", $"the journal {journal.Metadata.Name} can't be read: {e.Message}", isTransient: false, e);
        }
    }

    /// <summary>The commits' events from a number on.</summary>
    /// <exception cref="JournalException">One is damaged.</exception>
    public static ImmutableArray<EventEnvelope> Events(PersistenceId stream, ImmutableArray<StoredCommit> commits, long from)
    {
        try
        {
            var events = ImmutableArray.CreateBuilder<EventEnvelope>();
            foreach (var commit in commits.IsDefault ? [] : commits)
            {
                var id = CommitId.Parse(commit.Commit);
                for (var i = (int)Math.Max(0, from - commit.First); i < commit.Events.Length; i++)
                    events.Add(AppendChecks.Intact(Envelope(stream, id, commit.First + i, commit.Events[i])));
            }
            return events.ToImmutable();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new JournalException($"read {stream}", $"a commit is damaged: {e.Message}", isTransient: false, e);
        }
    }

    /// <summary>Text, which people can read; base64 for what is none, or large and larger as text than in base64.</summary>
    public static (string? Text, string? Base64) Text(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) && (bytes.Length <= SurelySmall || EscapedBytes(bytes) <= (bytes.Length + 2L) / 3 * 4)
            ? (Encoding.UTF8.GetString(bytes), null)
            : (null, Convert.ToBase64String(bytes));

    public static byte[] Bytes(string? text, string? base64) =>
        base64 is not null
            ? Convert.FromBase64String(base64)
            : Encoding.UTF8.GetBytes(text ?? throw new FormatException("it has no content"));

    /// <summary>What a commit takes in an object.</summary>
    public static int StoredBytes(StoredCommit commit)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(commit, KubernetesJournalJson.Relaxed.StoredCommit);
        var size = json.Length + 1;
        foreach (var b in json)
            size += MoreInGo(b);
        return size;
    }

    private static long EscapedBytes(ReadOnlySpan<byte> bytes)
    {
        long size = 0;
        foreach (var b in bytes)
            size += 1 + (b is (byte)'"' or (byte)'\\' or (byte)'\n' or (byte)'\r' or (byte)'\t' ? 1 : b < ' ' ? 5 : 0) + MoreInGo(b);
        return size;
    }

    // Go's encoding/json escapes these (HTMLEscape) to six characters; U+2028 and U+2029 begin with E2.
    private static int MoreInGo(byte b) => b is (byte)'<' or (byte)'>' or (byte)'&' ? 5 : b == 0xE2 ? 3 : 0;

    private static StoredEvent Stored(EventEnvelope e)
    {
        var (text, base64) = Text(e.Payload.Span);
        return new StoredEvent(e.Hlc.ToString(), e.WallTime.ToUnixTimeMilliseconds(), e.Manifest, e.Crc32C,
            e.Correlation == CorrelationId.None ? null : e.Correlation.Value,
            e.Causation is { } cause ? string.Create(CultureInfo.InvariantCulture, $"{cause.SequenceNr} {cause.Stream}") : null,
            e.ObjectRef is { } o ? [o.Kind, o.Namespace, o.Name, o.Uid, o.ResourceVersion] : null,
            text, base64);
    }

    private static EventEnvelope Envelope(PersistenceId stream, CommitId commit, long number, StoredEvent e) => new()
    {
        Stream = stream,
        SequenceNr = number,
        CommitId = commit,
        Hlc = Hlc.Parse(e.Hlc),
        WallTime = DateTimeOffset.FromUnixTimeMilliseconds(e.At),
        Manifest = e.Manifest,
        Correlation = e.Correlation is { } correlation ? new CorrelationId(correlation) : CorrelationId.None,
        Causation = e.Cause is { } cause ? CausationIn(cause) : null,
        ObjectRef = e.Object switch
        {
            null => null,
            [var kind, var space, var name, var uid, var version] => new ObjectRef(kind, space, name, uid, version),
            _ => throw new FormatException("an object reference has five parts"),
        },
        Crc32C = e.Crc32C,
        Payload = Bytes(e.Json, e.Base64),
    };

    private static Causation CausationIn(string text) =>
        text.IndexOf(' ') is > 0 and var space
        && long.TryParse(text.AsSpan(0, space), CultureInfo.InvariantCulture, out var number)
        && PersistenceId.TryParse(text.AsSpan(space + 1), null, out var stream)
            ? new Causation(stream, number)
            : throw new FormatException($"'{text}' is no cause");
}
