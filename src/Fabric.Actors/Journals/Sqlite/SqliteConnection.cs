using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Actors;

/// <summary>One connection to one file; used by one thread at a time.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private readonly SqliteHandle _handle;
    private readonly List<SqliteStatement> _statements = [];
    private int* _framesInLog;

    private SqliteConnection(SqliteHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    /// <summary>The extended code of the last error (sqlite.org/rescode.html).</summary>
    public int LastErrorCode => SqliteNative.ExtendedErrorCode(_handle);

    public bool InTransaction => SqliteNative.GetAutocommit(_handle) == 0;

    public int Changes => SqliteNative.Changes(_handle);

    /// <exception cref="JournalException">The file cannot be opened.</exception>
    public static SqliteConnection Open(string path, string name, int flags, TimeSpan busyTimeout)
    {
        var code = SqliteNative.Open(name, out var handle, flags | SqliteNative.OpenNoMutex, 0);
        var connection = new SqliteConnection(handle, path);
        if (code != SqliteNative.Ok)
        {
            var error = connection.Error("open");
            connection.Dispose();
            throw error;
        }
        _ = SqliteNative.BusyTimeout(handle, (int)busyTimeout.TotalMilliseconds);
        return connection;
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var statement = Compile(sql, SqliteNative.PreparePersistent);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>A statement that the caller disposes of.</summary>
    public SqliteStatement PrepareOnce(string sql) => Compile(sql, 0);

    /// <summary>Executes one statement once.</summary>
    public void Execute(string sql)
    {
        using var statement = Compile(sql, 0);
        statement.Run();
    }

    public long Query(string sql)
    {
        using var statement = Compile(sql, 0);
        return statement.Scalar() ?? 0;
    }

    public string QueryText(string sql)
    {
        using var statement = Compile(sql, 0);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>Ends an open transaction without its changes; an error of the rollback itself means it had ended already.</summary>
    public void Rollback()
    {
        if (InTransaction)
            Execute("ROLLBACK");
    }

    /// <summary>How many frames the write-ahead log held after this connection's last commit.</summary>
    public int FramesInLog => _framesInLog is null ? 0 : Volatile.Read(ref *_framesInLog);

    /// <summary>Makes <see cref="FramesInLog"/> count. The hook takes the place of SQLite's automatic checkpoint.</summary>
    public void CountLogFrames()
    {
        _framesInLog = (int*)NativeMemory.AllocZeroed(sizeof(int));
        SqliteNative.WalHook(_handle, &StoreFrames, _framesInLog);
    }

    /// <returns>How many frames the log holds, and how many of them are in the database file now.</returns>
    public (int InLog, int Checkpointed) Checkpoint(int mode)
    {
        var code = SqliteNative.Checkpoint(_handle, null, mode, out var inLog, out var done);
        if (code != SqliteNative.Ok && (code & 0xFF) != SqliteNative.Busy)
            throw Error("checkpoint");
        return (inLog, done);
    }

    public JournalException Error(string operation)
    {
        var code = LastErrorCode;
        var message = Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(_handle)) ?? "";
        var meaning = Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorText(code)) ?? "";
        var words = message == meaning ? message : $"{message} ({meaning})";
        return new JournalException($"{Path}: {operation}", $"{words}, SQLite code {code}", IsTransient(code));
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.Dispose();
        NativeMemory.Free(_framesInLog);
        _framesInLog = null;
    }

    private static bool IsTransient(int code) => (code & 0xFF) is SqliteNative.Busy or SqliteNative.Locked or SqliteNative.NoMemory
        or SqliteNative.Interrupt or SqliteNative.IoError or SqliteNative.Full or SqliteNative.CannotOpen;

    private SqliteStatement Compile(string sql, uint flags)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = utf8)
        {
            if (SqliteNative.Prepare(_handle, text, utf8.Length, flags, out var statement, 0) != SqliteNative.Ok)
            {
                var error = Error(sql);
                statement.Dispose();
                throw error;
            }
            return new SqliteStatement(this, statement, sql);
        }
    }

    [UnmanagedCallersOnly]
    private static int StoreFrames(void* context, nint database, byte* name, int frames)
    {
        Volatile.Write(ref *(int*)context, frames);
        return SqliteNative.Ok;
    }
}
