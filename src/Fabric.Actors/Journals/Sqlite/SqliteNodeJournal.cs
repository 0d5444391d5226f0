using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;

namespace Fabric.Actors;

/// <summary>A node's journal in one SQLite file with a write-ahead log (docs/journal-format.md).</summary>
/// <remarks>
/// One connection writes, under one gate. An append that finds nobody waiting commits on its caller's thread: the way to another
/// thread and back would take as long as the commit. All others, and those that must be synced to disk, go to the writer
/// thread, which commits all that wait as one group. Reads have their own connections, see one state of the file for as long as they
/// last, and never block an append; finish or dispose of an enumeration, or the log can't start over. One process writes a file;
/// any number may read it.
/// </remarks>
public sealed partial class SqliteNodeJournal : INodeJournal
{
    private const int MostInGroup = 256;
    private const int MostIdleReaders = 4;

    private readonly Lock _gate = new();
    private readonly BatchFeed _feed = new();
    private readonly ConcurrentBag<JournalReader> _readers = [];
    private readonly BlockingCollection<Work> _queue = [];
    private readonly List<PendingAppend> _inline = [];
    private readonly string _path;
    private readonly JournalWriter? _writer;
    private readonly LogCheckpointer? _checkpointer;
    private readonly Thread? _thread;
    private int _waiting;
    private volatile bool _crowded;
    private int _disposed;

    private SqliteNodeJournal(string path, SqliteConnection? writer)
    {
        _path = path;
        if (writer is null)
            return;
        _writer = new JournalWriter(writer, _feed);
        _checkpointer = new LogCheckpointer(JournalFile.OpenCheckpointer(path), _gate);
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "journal writer" };
        _thread.Start();
    }

    public bool IsReadOnly => _writer is null;

    public long LastOrdering => _writer?.LastOrdering ?? Read(r => r.LastOrdering);

    /// <summary>
    /// Why the log could not be moved into the file the last time; null if it could. Nothing is lost by it, but the log grows.
    /// </summary>
    public JournalException? CheckpointFailure => _checkpointer?.Failure;

    /// <summary>Opens the journal for writing, and makes it if there is no file.</summary>
    /// <exception cref="JournalException">
    /// The file is truncated, damaged, not a journal, or of a newer format: not transient, and the message says what was found. Set
    /// it aside with its <c>-wal</c> and <c>-shm</c> files before making a new one. Or it can't be reached now: transient.
    /// </exception>
    public static SqliteNodeJournal Open(string path)
    {
        var full = Path.GetFullPath(path);
        var connection = JournalFile.OpenWriter(full);
        try
        {
            return new SqliteNodeJournal(full, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a journal that another process may be writing, or a copy of one (with its <c>-wal</c> file if there is one).</summary>
    /// <remarks>Appends, snapshots, deletions and <see cref="Follow"/> throw <see cref="InvalidOperationException"/>.</remarks>
    /// <exception cref="JournalException">As in <see cref="Open"/>; a file that is not there is not made.</exception>
    public static SqliteNodeJournal OpenReadOnly(string path)
    {
        var journal = new SqliteNodeJournal(Path.GetFullPath(path), null);
        journal._readers.Add(new JournalReader(JournalFile.OpenReader(journal._path)));
        return journal;
    }

    public ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        AppendRules.Check(append);
        var writer = Writer();
        // From here on the outcome is reported, whatever happens to the token: half an answer would be worse than a late one.
        cancellationToken.ThrowIfCancellationRequested();
        if (append.Durability == Durability.Process && !_crowded && Volatile.Read(ref _waiting) == 0 && _gate.TryEnter())
        {
            try
            {
                if (Volatile.Read(ref _waiting) == 0)
                    return ValueTask.FromResult(CommitAlone(writer, append));
            }
            finally
            {
                _gate.Exit();
            }
        }
        var work = new Work(new PendingAppend(append), null);
        Enqueue(work);
        return new ValueTask<AppendOutcome>(work.Answer.Task);
    }

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        AppendRules.Check(snapshot);
        return OnWriterAsync(w => w.SaveSnapshot(snapshot), cancellationToken);
    }

    public ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken = default)
    {
        _ = Writer();
        return _feed.Follow(cancellationToken);
    }

    /// <summary>Waits for what is queued, then closes. Enumerations that are still open must be disposed of first.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return ValueTask.CompletedTask;
        _queue.CompleteAdding();
        _thread?.Join();
        _checkpointer?.Dispose();
        _feed.Complete();
        while (_readers.TryTake(out var reader))
            reader.Dispose();
        // The last connection that closes moves the log into the file.
        _writer?.Dispose();
        _queue.Dispose();
        return ValueTask.CompletedTask;
    }

    private AppendOutcome CommitAlone(JournalWriter writer, Append append)
    {
        var pending = new PendingAppend(append);
        _inline.Clear();
        _inline.Add(pending);
        Commit(writer, _inline);
        return pending.Result();
    }

    private void Commit(JournalWriter writer, List<PendingAppend> group)
    {
        writer.Commit(group);
        _checkpointer!.Committed(writer.FramesInLog);
    }

    private void Enqueue(Work work)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            _queue.Add(work);
        }
        catch (InvalidOperationException)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ObjectDisposedException(_path);
        }
    }

    private void WriteLoop()
    {
        var taken = new List<Work>(MostInGroup);
        var group = new List<PendingAppend>(MostInGroup);
        while (_queue.TryTake(out var work, Timeout.Infinite))
        {
            lock (_gate)
            {
                if (work.Job is null)
                    work = CommitGroup(work, taken, group);
                if (work?.Job is { } job)
                {
                    Interlocked.Decrement(ref _waiting);
                    job(_writer!);
                    _checkpointer!.Committed(_writer!.FramesInLog);
                }
            }
            foreach (var done in taken)
                done.Report();
            taken.Clear();
        }
    }

    // Takes all appends that wait, up to a bound, and answers with the job that ended the row, if one did.
    private Work? CommitGroup(Work first, List<Work> taken, List<PendingAppend> group)
    {
        Work? job = null;
        taken.Add(first);
        while (taken.Count < MostInGroup && _queue.TryTake(out var next))
        {
            if (next.Job is not null)
            {
                job = next;
                break;
            }
            taken.Add(next);
        }
        Interlocked.Add(ref _waiting, -taken.Count);
        // While several come at once a group is cheaper for all of them than each one alone; a group of one ends that.
        _crowded = taken.Count > 1;
        group.Clear();
        foreach (var work in taken)
            group.Add(work.Pending!);
        Commit(_writer!, group);
        return job;
    }

    private async ValueTask OnWriterAsync(Action<JournalWriter> action, CancellationToken cancellationToken) =>
        await OnWriterAsync(w =>
        {
            action(w);
            return true;
        }, cancellationToken);

    // Jobs wait their turn among the appends, so each must be short: callers split long work.
    private Task<T> OnWriterAsync<T>(Func<JournalWriter, T> job, CancellationToken cancellationToken)
    {
        _ = Writer();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new Work(null, w =>
        {
            if (cancellationToken.IsCancellationRequested)
            {
                answer.SetCanceled(cancellationToken);
                return;
            }
            try
            {
                answer.SetResult(job(w));
            }
            catch (JournalException e)
            {
                answer.SetException(e);
            }
        }));
        return answer.Task;
    }

    private JournalWriter Writer()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return _writer ?? throw new InvalidOperationException($"{_path} was opened for reading only");
    }

    private sealed class Work(PendingAppend? pending, Action<JournalWriter>? job)
    {
        public PendingAppend? Pending { get; } = pending;

        public Action<JournalWriter>? Job { get; } = job;

        public TaskCompletionSource<AppendOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Report()
        {
            if (Pending!.Contradiction is { } contradiction)
                Answer.SetException(contradiction);
            else
                Answer.SetResult(Pending.Outcome!);
        }
    }
}
