using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// A cluster store in one SQLite file, for nodes that share a machine; any number of processes may have it open.
/// </summary>
/// <remarks>
/// <para>
/// Each call is one transaction (BEGIN IMMEDIATE for writes, synchronous=FULL), which waits at most <see
/// cref="Deadline"/> for other processes'. Watches learn of commits by other processes from <c>PRAGMA data_version</c>,
/// polled every <see cref="PollInterval"/> (sqlite.org/pragma.html#pragma_data_version); of commits by this one, at
/// once.
/// </para>
/// <para>
/// A call blocks the thread that it runs on: the caller's, or that of the event loop that was given at opening. The
/// file must be on a local disk: WAL needs shared memory (sqlite.org/wal.html).
/// </para>
/// </remarks>
public sealed partial class SqliteClusterStore : IClusterStore
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly JournalRows _rows;
    private readonly SqliteStatement _newHead;
    private readonly SqliteStatement _moveHead;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly EventLoop? _loop;
    private readonly string _prefix;
    private readonly ITimer _poll;
    private bool _isClosed;

    private SqliteClusterStore(SqliteConnection connection, string cluster, TimeProvider time, EventLoop? loop)
    {
        _connection = connection;
        _loop = loop;
        _prefix = $"{cluster}/";
        _rows = new JournalRows(connection, _prefix);
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _newHead = connection.Prepare("""
            INSERT INTO head(last_sequence_nr, writer, incarnation, counter, crc32c, pid) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            """);
        _moveHead = connection.Prepare("""
            UPDATE head SET last_sequence_nr = ?1, writer = ?2, incarnation = ?3, counter = ?4, crc32c = ?5 WHERE pid = ?6
            """);
        _insert = connection.Prepare($"""
            INSERT INTO event({JournalRows.EventColumns})
            VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """);
        _events = connection.Prepare($"""
            SELECT {JournalRows.EventColumns} FROM event WHERE pid = ?1 AND sequence_nr >= ?2 ORDER BY sequence_nr LIMIT ?3
            """);
        _saveSnapshot = connection.Prepare("""
            INSERT OR REPLACE INTO snapshot(pid, sequence_nr, manifest, hlc, crc32c, payload) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            """);
        _dropSnapshots = connection.Prepare("DELETE FROM snapshot WHERE pid = ?1 AND sequence_nr < ?2");
        _prune = connection.Prepare("DELETE FROM event WHERE pid = ?1 AND sequence_nr <= ?2");
        _lease = connection.Prepare("SELECT name, version, duration_ms, value FROM lease WHERE name = ?1");
        _leases = connection.Prepare("""
            SELECT name, version, duration_ms, value FROM lease
            WHERE version > ?2 AND substr(name, 1, length(?1)) = ?1 ORDER BY name
            """);
        _nextLeaseVersion = connection.Prepare(
            "UPDATE meta SET value = value + 1 WHERE key = 'lease_version' RETURNING value");
        _leaseVersion = connection.Prepare("SELECT value FROM meta WHERE key = 'lease_version'");
        _putLease = connection.Prepare("""
            INSERT INTO lease(name, version, duration_ms, value) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(name) DO UPDATE SET version = excluded.version, duration_ms = excluded.duration_ms, value = excluded.value
            """);
        _dataVersion = connection.Prepare("PRAGMA data_version");
        _lastDataVersion = _dataVersion.Scalar() ?? 0;
        _poll = time.CreateTimer(_ => Poll(), null, PollInterval, PollInterval);
    }

    /// <param name="cluster">Whose streams and leases; clusters with different names do not see each other.</param>
    /// <param name="loop">
    /// Where the calls run; null: on the caller's thread, before they return. Not the loop of a caller that must not
    /// block.
    /// </param>
    /// <exception cref="JournalException">The file can't be opened, or is something else.</exception>
    public static SqliteClusterStore Open(string path, string cluster, TimeProvider time, EventLoop? loop = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        var connection = SqliteClusterFile.Open(path, Deadline);
        try
        {
            return new SqliteClusterStore(connection, cluster, time, loop);
        }
        catch (JournalException)
        {
            connection.Dispose();
            throw;
        }
    }

    public ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        AppendChecks.Check(append);
        return Write<AppendOutcome>(() => Apply(append), reason => new AppendOutcome.Unknown(reason), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _poll.DisposeAsync();
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            _connection.Dispose();
        }
        _changed.Raise();
    }

    private AppendOutcome Apply(Append append)
    {
        var head = _rows.Head(append.Stream);
        if (head.LastSequenceNr != append.ExpectedSequenceNr)
            return new AppendOutcome.Conflict(head);
        var commit = append.CommitId;
        var stream = append.Stream.Value;
        var pid = _rows.Streams.Intern(stream);
        var writer = _rows.Writers.Intern(commit.Writer);
        foreach (var e in append.Events)
            Insert(e, pid, writer);
        (head.LastCommitId is null ? _newHead : _moveHead)
            .Bind(1, append.LastSequenceNr).Bind(2, writer).Bind(3, commit.Incarnation).Bind(4, commit.Counter)
            .Bind(5, JournalRows.HeadChecksum(stream, append.LastSequenceNr, commit))
            .Bind(6, pid)
            .Run();
        return new AppendOutcome.Appended(
            new StreamHead(append.Stream, append.LastSequenceNr, commit, head.SnapshotSequenceNr), 0);
    }

    private void Insert(EventEnvelope e, long pid, long writer)
    {
        _insert.Bind(1, pid).Bind(2, e.SequenceNr).Bind(3, writer).Bind(4, e.CommitId.Incarnation).Bind(5, e.CommitId.Counter)
            .Bind(6, (long)e.Hlc.Bits).Bind(7, e.WallTime.ToUnixTimeMilliseconds()).Bind(8, _rows.Manifests.Intern(e.Manifest))
            .Bind(13, e.Crc32C).BindPinned(14, e.Payload);
        if (e.Correlation == CorrelationId.None)
            _insert.BindNull(9);
        else
            _insert.Bind(9, e.Correlation.Value);
        if (e.Causation is { } cause)
            _insert.Bind(10, _rows.Streams.Intern(cause.Stream.Value)).Bind(11, cause.SequenceNr);
        else
            _insert.BindNull(10).BindNull(11);
        if (e.ObjectRef is { } o)
            _insert.Bind(12, JournalRows.TextOf(o));
        else
            _insert.BindNull(12);
        _insert.Run();
    }

    /// <summary>Carries out a write as one transaction.</summary>
    /// <param name="unknown">Makes the answer when SQLite fails, also in COMMIT: it may have happened or not.</param>
    private ValueTask<T> Write<T>(Func<T> work, Func<string, T> unknown, CancellationToken cancellationToken) => Run(() =>
    {
        try
        {
            return Transact(work);
        }
        catch (JournalException e)
        {
            return unknown(e.Message);
        }
    }, cancellationToken);

    private T Transact<T>(Func<T> work)
    {
        T result;
        lock (_gate)
        {
            CheckOpen();
            try
            {
                _begin.Run();
                result = work();
                _commit.Run();
            }
            catch (JournalException)
            {
                _rows.Forget();
                _connection.Rollback();
                throw;
            }
        }
        _changed.Raise();
        return result;
    }

    /// <summary>Carries out a read; a failure reaches the caller as it is.</summary>
    private ValueTask<T> Read<T>(Func<T> work, CancellationToken cancellationToken) => Run(() =>
    {
        lock (_gate)
        {
            CheckOpen();
            return work();
        }
    }, cancellationToken);

    private async ValueTask<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _loop is null ? work() : await _loop.RunAsync(() => Task.FromResult(work()));
    }

    private void CheckOpen()
    {
        if (_isClosed)
            throw new JournalException(_connection.Path, "the store has been closed", isTransient: false);
    }
}
