using System.Runtime.InteropServices;
using System.Text;
using Fabric.Actors;

namespace Fabric.Bench;

/// <summary>The least that writing an event takes: SQLite's calls over the journal's own tables, everything bound in advance.</summary>
internal sealed unsafe partial class RawJournalLoop : IDisposable
{
    private readonly nint _database;
    private readonly nint _begin;
    private readonly nint _commit;
    private readonly nint _head;
    private readonly nint _event;
    private readonly byte[] _correlation = GC.AllocateUninitializedArray<byte>(64, pinned: true);
    private readonly byte[] _payload;
    private readonly int _correlationBytes;
    private long _ordering;

    public RawJournalLoop(string path, EventEnvelope sample)
    {
        _correlationBytes = Encoding.UTF8.GetBytes(sample.Correlation.Value, _correlation);
        _payload = GC.AllocateUninitializedArray<byte>(sample.Payload.Length, pinned: true);
        sample.Payload.Span.CopyTo(_payload);
        Check(Open(path, out _database, 0x2 | 0x8000, 0));
        foreach (var pragma in new[] { "synchronous = NORMAL", "wal_autocheckpoint = 16000", "cache_size = -64000" })
            Run(Compile($"PRAGMA {pragma}"));
        _begin = Compile("BEGIN IMMEDIATE");
        _commit = Compile("COMMIT");
        _head = Compile("UPDATE head SET last_sequence_nr = ?1, counter = ?1, crc32c = ?1 WHERE pid = 1 AND last_sequence_nr = ?2");
        _event = Compile("""
            INSERT INTO event(ordering, pid, sequence_nr, writer, incarnation, counter, hlc, wall_time, manifest, correlation,
              cause_pid, cause_nr, object, crc32c, payload) VALUES(?1, 1, ?1, 1, 1, ?1, ?2, ?2, 1, ?3, NULL, NULL, NULL, ?2, ?4)
            """);
        var last = Compile("SELECT max(ordering) FROM event");
        _ = Step(last);
        _ordering = ColumnInt64(last, 0);
        _ = Finalize(last);
    }

    /// <summary>One transaction with as many commits as were waiting, one event in each.</summary>
    public void Write(int group)
    {
        Run(_begin);
        for (var i = 0; i < group; i++)
        {
            _ordering++;
            _ = BindInt64(_head, 1, _ordering);
            _ = BindInt64(_head, 2, _ordering - 1);
            Run(_head);
            _ = BindInt64(_event, 1, _ordering);
            _ = BindInt64(_event, 2, 1_770_000_000_000 + _ordering);
            fixed (byte* correlation = _correlation, payload = _payload)
            {
                _ = BindText(_event, 3, correlation, _correlationBytes, 0);
                _ = BindText(_event, 4, payload, _payload.Length, 0);
            }
            Run(_event);
        }
        Run(_commit);
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _begin, _commit, _head, _event })
            _ = Finalize(statement);
        _ = Close(_database);
    }

    private static void Run(nint statement)
    {
        int code;
        while ((code = Step(statement)) == 100)
        {
        }
        if (code != 101)
            throw new InvalidOperationException($"SQLite code {code}");
        _ = Reset(statement);
    }

    private static void Check(int code)
    {
        if (code != 0)
            throw new InvalidOperationException($"SQLite code {code}");
    }

    private nint Compile(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = utf8)
        {
            Check(Prepare(_database, text, utf8.Length, 1, out var statement, 0));
            return statement;
        }
    }

    private const string Library = "libsqlite3.so.0";

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string file, out nint database, int flags, nint vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    private static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v3")]
    private static partial int Prepare(nint database, byte* sql, int length, uint flags, out nint statement, nint tail);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    private static partial int Finalize(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    private static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    private static partial int Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    private static partial int BindInt64(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [SuppressGCTransition]
    private static partial int BindText(nint statement, int index, byte* text, int bytes, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    private static partial long ColumnInt64(nint statement, int column);
}
