using System.Buffers;
using System.Text;

namespace Fabric.Actors;

/// <summary>A prepared statement that is bound, stepped and reset again and again.</summary>
/// <remarks>
/// Belongs to its connection and to one thread at a time. Bound text is not copied: it lies in a pinned buffer of the statement,
/// or is pinned where it is, until <see cref="Reset"/>.
/// </remarks>
internal sealed unsafe class SqliteStatement : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatementHandle _owner;
    private readonly nint _statement;
    private readonly string _sql;
    private byte[] _scratch = GC.AllocateUninitializedArray<byte>(1024, pinned: true);
    private List<byte[]>? _outgrown;
    private int _scratchUsed;
    private MemoryHandle _pinned;

    public SqliteStatement(SqliteConnection connection, SqliteStatementHandle owner, string sql)
    {
        _connection = connection;
        _owner = owner;
        _statement = owner.DangerousGetHandle();
        _sql = sql;
    }

    public SqliteStatement Bind(int index, long value)
    {
        Check(SqliteNative.BindInt64(_statement, index, value));
        return this;
    }

    public SqliteStatement BindNull(int index)
    {
        Check(SqliteNative.BindNull(_statement, index));
        return this;
    }

    public SqliteStatement Bind(int index, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (_scratch.Length - _scratchUsed < length)
        {
            // Earlier values of this execution point into the old buffer: it must live until the statement is reset.
            (_outgrown ??= []).Add(_scratch);
            _scratch = GC.AllocateUninitializedArray<byte>(Math.Max(_scratch.Length * 2, length), pinned: true);
            _scratchUsed = 0;
        }
        var place = _scratch.AsSpan(_scratchUsed, length);
        Encoding.UTF8.GetBytes(text, place);
        fixed (byte* start = _scratch)
            Check(SqliteNative.BindText(_statement, index, start + _scratchUsed, length, 0));
        _scratchUsed += length;
        return this;
    }

    /// <summary>Binds UTF-8 bytes in place; at most one such value per execution.</summary>
    public SqliteStatement BindPinned(int index, ReadOnlyMemory<byte> utf8)
    {
        if (utf8.IsEmpty)
            return Bind(index, "");
        _pinned.Dispose();
        _pinned = utf8.Pin();
        Check(SqliteNative.BindText(_statement, index, (byte*)_pinned.Pointer, utf8.Length, 0));
        return this;
    }

    /// <returns>True while there is a row to read.</returns>
    /// <exception cref="JournalException">SQLite reports an error; the statement is reset.</exception>
    public bool Step()
    {
        switch (SqliteNative.Step(_statement))
        {
            case SqliteNative.Row:
                return true;
            case SqliteNative.Done:
                return false;
            default:
                var error = _connection.Error(_sql);
                Reset();
                throw error;
        }
    }

    /// <summary>Executes a statement that gives no rows, and makes it ready for the next time.</summary>
    public void Run()
    {
        while (Step())
        {
        }
        Reset();
    }

    /// <summary>Executes, reads the first column of the first row, and makes the statement ready for the next time.</summary>
    public long? Scalar()
    {
        var value = Step() && !IsNull(0) ? Int64(0) : (long?)null;
        Reset();
        return value;
    }

    // sqlite3_reset repeats the error of the last step, which has been reported already.
    public void Reset()
    {
        _ = SqliteNative.Reset(_statement);
        _scratchUsed = 0;
        _outgrown = null;
        _pinned.Dispose();
        _pinned = default;
    }

    public long Int64(int column) => SqliteNative.ColumnInt64(_statement, column);

    public bool IsNull(int column) => SqliteNative.ColumnType(_statement, column) == SqliteNative.TypeNull;

    /// <summary>The stored bytes; valid until the next step.</summary>
    public ReadOnlySpan<byte> Utf8(int column)
    {
        var start = SqliteNative.ColumnBytes(_statement, column);
        return new ReadOnlySpan<byte>(start, SqliteNative.ColumnLength(_statement, column));
    }

    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    public void Dispose()
    {
        _pinned.Dispose();
        _owner.Dispose();
    }

    private void Check(int code)
    {
        if (code != SqliteNative.Ok)
            throw _connection.Error(_sql);
    }
}
