using System.Collections.Immutable;

namespace Fabric.Actors;

/// <summary>A connection that reads: it sees one state of the file for as long as its transaction lasts.</summary>
internal sealed class JournalReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _text;
    private readonly SqliteStatement _candidates;

    public JournalReader(SqliteConnection connection)
    {
        _connection = connection;
        Rows = new JournalRows(connection);
        _begin = connection.Prepare("BEGIN");
        _commit = connection.Prepare("COMMIT");
        ByStream = connection.Prepare(
            $"SELECT {JournalRows.EventColumns} FROM event WHERE pid = ?1 AND sequence_nr >= ?2 ORDER BY sequence_nr");
        ByOrdering = connection.Prepare(
            $"SELECT {JournalRows.EventColumns} FROM event WHERE ordering >= ?1 ORDER BY ordering");
        _text = connection.Prepare("SELECT text, crc32c FROM text WHERE id = ?1");
        _candidates = connection.Prepare("""
            SELECT ordering, pid, sequence_nr, wall_time, length(payload) FROM event WHERE ordering > ?1 ORDER BY ordering LIMIT ?2
            """);
    }

    public JournalRows Rows { get; }

    public SqliteStatement ByStream { get; }

    public SqliteStatement ByOrdering { get; }

    public long PageBytes => _connection.Query("PRAGMA page_size");

    public long SizeBytes => _connection.Query("PRAGMA page_count") * PageBytes;

    public long UsedBytes => SizeBytes - _connection.Query("PRAGMA freelist_count") * PageBytes;

    public long LastOrdering =>
        Math.Max(_connection.Query("SELECT max(ordering) FROM event"), Meta("last_ordering"));

    public long FirstOrdering => _connection.Query("SELECT min(ordering) FROM event");

    public long DroppedThrough => Meta("dropped_through");

    public void Begin() => _begin.Run();

    public void End()
    {
        if (_connection.InTransaction)
            _commit.Run();
    }

    public JournalHorizon Horizon()
    {
        var first = FirstOrdering;
        return new JournalHorizon(first, TimeOf(first), LastOrdering, TimeOf(_connection.Query("SELECT max(ordering) FROM event")),
            DroppedThrough, SizeBytes);
    }

    public void ReadTexts(IReadOnlyCollection<long> ids, ImmutableDictionary<long, string>.Builder found)
    {
        foreach (var id in ids)
        {
            if (_text.Bind(1, id).Step())
            {
                var text = _text.Text(0);
                if (JournalWriter.TextChecksum(text) != (uint)_text.Int64(1))
                    throw Rows.Damaged($"text {id} does not match its checksum");
                found[id] = text;
            }
            _text.Reset();
        }
    }

    /// <summary>The next events after an ordering, as far as compaction needs to know them.</summary>
    public List<CompactionCandidate> Candidates(long after, int most)
    {
        var found = new List<CompactionCandidate>(most);
        var covered = new Dictionary<long, long>();
        _candidates.Bind(1, after).Bind(2, most);
        while (_candidates.Step())
        {
            var pid = _candidates.Int64(1);
            if (!covered.TryGetValue(pid, out var snapshot))
                covered[pid] = snapshot = Rows.SnapshotNr(pid);
            found.Add(new CompactionCandidate(_candidates.Int64(0), pid, _candidates.Int64(2) <= snapshot,
                DateTimeOffset.FromUnixTimeMilliseconds(_candidates.Int64(3)), _candidates.Int64(4)));
        }
        _candidates.Reset();
        return found;
    }

    /// <summary>Ids after <paramref name="after"/> of texts that no append has carried since an ordering.</summary>
    public List<long> StaleTexts(long after, long before, int most)
    {
        using var select = _connection.PrepareOnce(
            "SELECT id FROM text WHERE id > ?1 AND last_ordering < ?2 ORDER BY id LIMIT ?3");
        select.Bind(1, after).Bind(2, before).Bind(3, most);
        var found = new List<long>();
        while (select.Step())
            found.Add(select.Int64(0));
        return found;
    }

    public string Check() => _connection.QueryText("PRAGMA quick_check(1)");

    public void Dispose() => _connection.Dispose();

    private long Meta(string key)
    {
        using var select = _connection.PrepareOnce("SELECT value FROM meta WHERE key = ?1");
        return select.Bind(1, key).Scalar() ?? 0;
    }

    private DateTimeOffset? TimeOf(long ordering)
    {
        using var select = _connection.PrepareOnce("SELECT wall_time FROM event WHERE ordering = ?1");
        return select.Bind(1, ordering).Scalar() is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
    }
}
