using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>Reads rows into envelopes, heads and snapshots, and checks each against its checksum.</summary>
/// <remarks>Belongs to its connection and to one thread at a time.</remarks>
internal sealed class JournalRows
{
    public const string EventColumns = "ordering, pid, sequence_nr, writer, incarnation, counter, hlc, wall_time, manifest, "
        + "correlation, cause_pid, cause_nr, object, crc32c, payload";

    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _head;
    private readonly SqliteStatement _snapshotNr;
    private readonly SqliteStatement _anyEvent;
    private readonly SqliteStatement _snapshot;
    private readonly Dictionary<long, PersistenceId> _streams = [];

    /// <param name="streamPrefix">What stands before each stream's name in the file.</param>
    public JournalRows(SqliteConnection connection, string streamPrefix = "")
    {
        _connection = connection;
        Streams = new NameTable(connection, "persistence_id", streamPrefix);
        Manifests = new NameTable(connection, "manifest");
        Writers = new NameTable(connection, "writer");
        _head = connection.Prepare(
            "SELECT last_sequence_nr, writer, incarnation, counter, crc32c FROM head WHERE pid = ?1");
        _snapshotNr = connection.Prepare("SELECT max(sequence_nr) FROM snapshot WHERE pid = ?1");
        _anyEvent = connection.Prepare("SELECT 1 FROM event WHERE pid = ?1 LIMIT 1");
        _snapshot = connection.Prepare("""
            SELECT sequence_nr, manifest, hlc, crc32c, payload FROM snapshot
            WHERE pid = ?1 AND sequence_nr <= ?2 ORDER BY sequence_nr DESC LIMIT 1
            """);
    }

    public NameTable Streams { get; }

    public NameTable Manifests { get; }

    public NameTable Writers { get; }

    public static uint HeadChecksum(string stream, long last, CommitId commit)
    {
        var crc = Checksums.Text(Crc32c.Start, stream);
        crc = Checksums.Number(crc, last);
        crc = Checksums.Text(crc, commit.Writer);
        return Crc32c.Finish(Checksums.Number(Checksums.Number(crc, commit.Incarnation), commit.Counter));
    }

    public static uint SnapshotChecksum(Snapshot snapshot)
    {
        var crc = Checksums.Text(Crc32c.Start, snapshot.Stream.Value);
        crc = Checksums.Number(crc, snapshot.SequenceNr);
        crc = Checksums.Text(crc, snapshot.Manifest);
        crc = Checksums.Number(crc, (long)snapshot.Hlc.Bits);
        return Crc32c.Finish(Crc32c.Append(crc, snapshot.Payload.Span));
    }

    public StreamHead Head(PersistenceId stream)
    {
        if (Streams.Find(stream.Value) is not { } pid)
            return StreamHead.Empty(stream);
        try
        {
            if (!_head.Bind(1, pid).Step())
                return IsWritten(pid)
                    ? throw Damaged($"{stream} has events or snapshots and no head")
                    : StreamHead.Empty(stream);
            var last = _head.Int64(0);
            var commit = new CommitId(Writers.NameOf(_head.Int64(1)) ?? "", _head.Int64(2), _head.Int64(3));
            if (HeadChecksum(stream.Value, last, commit) != (uint)_head.Int64(4))
                throw Damaged($"the head of {stream} (last sequence number {last}, commit {commit}) does not match its checksum");
            return new StreamHead(stream, last, last > 0 ? commit : null, SnapshotNr(pid));
        }
        finally
        {
            _head.Reset();
        }
    }

    public long SnapshotNr(long pid) => _snapshotNr.Bind(1, pid).Scalar() ?? 0;

    public Snapshot? Snapshot(PersistenceId stream, long through)
    {
        if (Streams.Find(stream.Value) is not { } pid)
            return null;
        try
        {
            if (!_snapshot.Bind(1, pid).Bind(2, through).Step())
                return null;
            var manifest = Manifests.NameOf(_snapshot.Int64(1));
            var snapshot = new Snapshot(stream, _snapshot.Int64(0), manifest ?? "", new Hlc((ulong)_snapshot.Int64(2)),
                _snapshot.Utf8(4).ToArray());
            return SnapshotChecksum(snapshot) == (uint)_snapshot.Int64(3)
                ? snapshot
                : throw Damaged($"the snapshot of {stream} at {snapshot.SequenceNr} does not match its checksum");
        }
        finally
        {
            _snapshot.Reset();
        }
    }

    private bool IsWritten(long pid) => SnapshotNr(pid) > 0 || _anyEvent.Bind(1, pid).Scalar() is not null;

    /// <summary>The event in the current row of a statement that selects <see cref="EventColumns"/>.</summary>
    /// <exception cref="JournalException">The row is damaged; the message names file, ordering, stream and sequence number.</exception>
    public EventEnvelope Event(SqliteStatement row)
    {
        var ordering = row.Int64(0);
        var sequenceNr = row.Int64(2);
        var found = StreamOf(row.Int64(1));
        if (found is not { } stream)
            throw Damaged($"event at ordering {ordering} names stream number {row.Int64(1)}, which is not known");
        try
        {
            var e = new EventEnvelope
            {
                Stream = stream,
                SequenceNr = sequenceNr,
                CommitId = new CommitId(Writers.NameOf(row.Int64(3)) ?? "", row.Int64(4), row.Int64(5)),
                Hlc = new Hlc((ulong)row.Int64(6)),
                WallTime = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(7)),
                Manifest = Manifests.NameOf(row.Int64(8)) ?? "",
                Correlation = row.IsNull(9) ? CorrelationId.None : new CorrelationId(row.Text(9)),
                Causation = row.IsNull(10) || StreamOf(row.Int64(10)) is not { } cause
                    ? null
                    : new Causation(cause, row.Int64(11)),
                ObjectRef = row.IsNull(12) ? null : ObjectOf(row.Utf8(12)),
                Crc32C = (uint)row.Int64(13),
                Payload = row.Utf8(14).ToArray(),
                Ordering = ordering,
            };
            return e.IsIntact ? e : throw Damaged($"event at ordering {ordering} ({stream}#{sequenceNr}) does not match its "
                + $"checksum: stored {e.Crc32C:x8}, computed {e.Checksum():x8}");
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            throw Damaged($"event at ordering {ordering} ({stream}#{sequenceNr}) can't be read: {e.Message}", e);
        }
    }

    public PersistenceId? StreamOf(long pid)
    {
        if (_streams.TryGetValue(pid, out var stream))
            return stream;
        if (!PersistenceId.TryParse(Streams.NameOf(pid), null, out stream))
            return null;
        if (_streams.Count > 50_000)
            _streams.Clear();
        _streams[pid] = stream;
        return stream;
    }

    public JournalException Damaged(string what, Exception? inner = null) =>
        new($"read {_connection.Path}", what, isTransient: false, inner);

    /// <summary>After a rollback: names that were new in it have no number now.</summary>
    public void Forget()
    {
        Streams.Forget();
        Manifests.Forget();
        Writers.Forget();
        _streams.Clear();
    }

    public static string TextOf(ObjectRef o) =>
        JsonSerializer.Serialize([o.Kind, o.Namespace, o.Name, o.Uid, o.ResourceVersion], JournalJson.Default.StringArray);

    private static ObjectRef ObjectOf(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, JournalJson.Default.StringArray) is [var kind, var ns, var name, var uid, var version]
            ? new ObjectRef(kind, ns, name, uid, version)
            : throw new JsonException("an object reference has five parts");
}
