using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>The one connection that writes: appends in groups, snapshots and deletions.</summary>
/// <remarks>
/// Not safe for two threads at once; <see cref="SqliteNodeJournal"/> holds its gate around every call. Each append of a group
/// stands alone: if a statement of one fails, the group is rolled back and each append is tried in a transaction of its own. A
/// COMMIT that fails leaves all of them unknown, because the log may or may not hold its last frame.
/// </remarks>
internal sealed partial class JournalWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly JournalRows _rows;
    private readonly BatchFeed _feed;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _newHead;
    private readonly SqliteStatement _moveHead;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _text;
    private readonly Dictionary<long, long> _snapshotNrs = [];
    private long _lastOrdering;
    private bool _inDoubt;
    private bool _syncing;

    public JournalWriter(SqliteConnection connection, BatchFeed feed)
    {
        _connection = connection;
        _feed = feed;
        _rows = new JournalRows(connection);
        connection.CountLogFrames();
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _newHead = connection.Prepare("""
            INSERT INTO head(last_sequence_nr, writer, incarnation, counter, crc32c, pid) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(pid) DO NOTHING
            """);
        _moveHead = connection.Prepare("""
            UPDATE head SET last_sequence_nr = ?1, writer = ?2, incarnation = ?3, counter = ?4, crc32c = ?5
            WHERE pid = ?6 AND last_sequence_nr = ?7
            """);
        _insert = connection.Prepare($"""
            INSERT INTO event({JournalRows.EventColumns}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """);
        _text = connection.Prepare("""
            INSERT INTO text(id, last_ordering, crc32c, text) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(id) DO UPDATE SET last_ordering = excluded.last_ordering WHERE text.text = excluded.text
            """);
        _lastOrdering = StoredLastOrdering();
    }

    /// <summary>The newest committed event's ordering; any thread may read it.</summary>
    public long LastOrdering => Volatile.Read(ref _lastOrdering);

    /// <summary>How many frames the write-ahead log held after the last commit.</summary>
    public int FramesInLog => _connection.FramesInLog;

    /// <summary>One transaction for all; never throws for what the disk does.</summary>
    public void Commit(List<PendingAppend> group)
    {
        try
        {
            SettleDoubt();
            Synchronous(group.Exists(p => p.Append.Durability == Durability.Synced));
            _begin.Run();
        }
        catch (JournalException e)
        {
            Fail(group, e);
            return;
        }
        if (!TryApply(group, out var error))
        {
            if (group.Count == 1)
                group[0].Outcome = new AppendOutcome.Unknown(error.Message);
            else
                group.ForEach(p => Commit([p]));
            return;
        }
        try
        {
            _commit.Run();
        }
        catch (JournalException e)
        {
            Fail(group, e);
            return;
        }
        Publish(group);
    }

    public void Dispose() => _connection.Dispose();

    public static uint TextChecksum(string text) => Crc32c.Finish(Checksums.Text(Crc32c.Start, text));

    private static long EventsOf(PendingAppend p) => p.Outcome is AppendOutcome.Appended ? p.Append.Events.Length : 0;

    // Statements of the transaction, but for BEGIN and COMMIT. On failure nothing of the group is left.
    private bool TryApply(List<PendingAppend> group, out JournalException error)
    {
        try
        {
            var next = _lastOrdering + 1;
            foreach (var pending in group)
            {
                pending.Outcome = Apply(pending, next);
                next += EventsOf(pending);
            }
            error = null!;
            return true;
        }
        catch (JournalException e)
        {
            RollBack();
            error = e;
            return false;
        }
    }

    private AppendOutcome Apply(PendingAppend pending, long ordering)
    {
        var append = pending.Append;
        var commit = append.CommitId;
        var stream = append.Stream.Value;
        var pid = _rows.Streams.Intern(stream);
        var writer = _rows.Writers.Intern(commit.Writer);
        var isFirst = append.ExpectedSequenceNr == 0;
        var head = isFirst ? _newHead : _moveHead.Bind(7, append.ExpectedSequenceNr);
        head.Bind(1, append.LastSequenceNr).Bind(2, writer).Bind(3, commit.Incarnation).Bind(4, commit.Counter)
            .Bind(5, JournalRows.HeadChecksum(stream, append.LastSequenceNr, commit))
            .Bind(6, pid)
            .Run();
        if (_connection.Changes == 0)
            return Conflict(pending);
        var first = ordering;
        foreach (var e in append.Events)
            Insert(e, ordering++, pid, writer);
        foreach (var text in AppendRules.TextsOf(append))
            Intern(pending, text, ordering - 1);
        var snapshot = isFirst ? 0 : SnapshotNr(pid);
        return new AppendOutcome.Appended(new StreamHead(append.Stream, append.LastSequenceNr, commit, snapshot), first);
    }

    private AppendOutcome.Conflict Conflict(PendingAppend pending)
    {
        var head = _rows.Head(pending.Append.Stream);
        return head is { LastSequenceNr: 0, SnapshotSequenceNr: > 0 }
            ? throw pending.Contradicts(AppendRules.FoldedStream(head.Stream))
            : new AppendOutcome.Conflict(head);
    }

    // Nobody else writes snapshots, so what was read once stays true until this writer saves one.
    private long SnapshotNr(long pid)
    {
        if (_snapshotNrs.TryGetValue(pid, out var snapshot))
            return snapshot;
        if (_snapshotNrs.Count > 50_000)
            _snapshotNrs.Clear();
        return _snapshotNrs[pid] = _rows.SnapshotNr(pid);
    }

    private void Insert(EventEnvelope e, long ordering, long pid, long writer)
    {
        _insert.Bind(1, ordering).Bind(2, pid).Bind(3, e.SequenceNr).Bind(4, writer).Bind(5, e.CommitId.Incarnation)
            .Bind(6, e.CommitId.Counter).Bind(7, (long)e.Hlc.Bits).Bind(8, e.WallTime.ToUnixTimeMilliseconds())
            .Bind(9, _rows.Manifests.Intern(e.Manifest)).Bind(14, e.Crc32C).BindPinned(15, e.Payload);
        if (e.Correlation == CorrelationId.None)
            _insert.BindNull(10);
        else
            _insert.Bind(10, e.Correlation.Value);
        if (e.Causation is { } cause)
            _insert.Bind(11, _rows.Streams.Intern(cause.Stream.Value)).Bind(12, cause.SequenceNr);
        else
            _insert.BindNull(11).BindNull(12);
        if (e.ObjectRef is { } o)
            _insert.Bind(13, JournalRows.TextOf(o));
        else
            _insert.BindNull(13);
        _insert.Run();
    }

    private void Intern(PendingAppend pending, InternedText text, long ordering)
    {
        _text.Bind(1, text.Id).Bind(2, ordering).Bind(3, TextChecksum(text.Text)).Bind(4, text.Text).Run();
        if (_connection.Changes == 0)
            throw pending.Contradicts(AppendRules.TextCollision(pending.Append.Stream, text.Id));
    }

    // The order is set before followers are looked at: one that comes in between finds the batch by reading up to it.
    private void Publish(List<PendingAppend> group)
    {
        var first = _lastOrdering + 1;
        Volatile.Write(ref _lastOrdering, _lastOrdering + group.Sum(EventsOf));
        if (!_feed.HasFollowers || first > _lastOrdering)
            return;
        var batch = ImmutableArray.CreateBuilder<EventEnvelope>();
        foreach (var pending in group.Where(p => p.Outcome is AppendOutcome.Appended))
        {
            foreach (var e in pending.Append.Events)
                batch.Add(AppendRules.Stored(e, first++));
        }
        _feed.Publish(batch.ToImmutable());
    }

    private void Fail(List<PendingAppend> group, JournalException error)
    {
        RollBack();
        foreach (var pending in group)
            pending.Outcome = new AppendOutcome.Unknown(error.Message);
    }

    private void RollBack()
    {
        _inDoubt = true;
        _rows.Forget();
        _snapshotNrs.Clear();
        try
        {
            _connection.Rollback();
        }
        catch (JournalException)
        {
            // The disk does not answer: SettleDoubt rolls back before the next write.
        }
    }

    // After a failure the file is asked what it holds. If the failed commit is there after all, followers get its events now.
    private void SettleDoubt()
    {
        if (!_inDoubt)
            return;
        _connection.Rollback();
        var last = StoredLastOrdering();
        if (last > _lastOrdering)
        {
            using var events = _connection.PrepareOnce($"SELECT {JournalRows.EventColumns} FROM event WHERE ordering > ?1 ORDER BY 1");
            events.Bind(1, _lastOrdering);
            var batch = ImmutableArray.CreateBuilder<EventEnvelope>();
            while (events.Step())
                batch.Add(_rows.Event(events));
            Volatile.Write(ref _lastOrdering, last);
            _feed.Publish(batch.ToImmutable());
        }
        _inDoubt = false;
    }

    private long StoredLastOrdering() => Math.Max(_connection.Query("SELECT max(ordering) FROM event"),
        _connection.Query("SELECT value FROM meta WHERE key = 'last_ordering'"));

    // A commit under FULL syncs the whole log, so it also secures what NORMAL has written before it.
    private void Synchronous(bool full)
    {
        if (_syncing == full)
            return;
        _connection.Execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        _syncing = full;
    }
}
