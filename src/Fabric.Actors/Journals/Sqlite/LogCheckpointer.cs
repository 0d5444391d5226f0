namespace Fabric.Actors;

/// <summary>Moves the write-ahead log into the database file on a thread and connection of its own.</summary>
/// <remarks>
/// A passive checkpoint never waits for anybody and makes nobody wait. Under constant writing it never catches up with the end,
/// so the log would not start over and would grow: beyond a second limit the last few frames are moved while appends wait.
/// </remarks>
internal sealed unsafe class LogCheckpointer : IDisposable
{
    private const int StartFrames = 4_000;
    private const int InsistFrames = 16_000;
    private const int FewFrames = 200;
    private const int MostPasses = 8;

    private readonly SqliteConnection _connection;
    private readonly Lock _gate;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private int _startAt = StartFrames;
    private volatile bool _stopping;
    private volatile JournalException? _failure;

    public LogCheckpointer(SqliteConnection connection, Lock gate)
    {
        _connection = connection;
        _gate = gate;
        _thread = new Thread(Run) { IsBackground = true, Name = "journal checkpoint" };
        _thread.Start();
    }

    /// <summary>Why the last checkpoint failed; null after one that succeeded. The log grows meanwhile, and nothing is lost.</summary>
    public JournalException? Failure => _failure;

    /// <summary>Called after each commit with the number of frames in the log.</summary>
    public void Committed(int framesInLog)
    {
        if (framesInLog >= Volatile.Read(ref _startAt))
            _wake.Set();
        else if (framesInLog < StartFrames && _startAt != StartFrames)
            Volatile.Write(ref _startAt, StartFrames);
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _connection.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            if (_stopping)
                return;
            try
            {
                Checkpoint();
                _failure = null;
            }
            catch (JournalException e)
            {
                _failure = e;
            }
        }
    }

    private void Checkpoint()
    {
        var (inLog, done) = _connection.Checkpoint(SqliteNative.CheckpointPassive);
        for (var pass = 0; pass < MostPasses && inLog > InsistFrames && inLog - done > FewFrames; pass++)
            (inLog, done) = _connection.Checkpoint(SqliteNative.CheckpointPassive);
        if (inLog > InsistFrames)
        {
            lock (_gate)
                (inLog, done) = _connection.Checkpoint(SqliteNative.CheckpointPassive);
        }
        // If a reader still needs old frames the log can't start over: try again after some more frames, not at each commit.
        Volatile.Write(ref _startAt, inLog + StartFrames / 4);
    }
}
