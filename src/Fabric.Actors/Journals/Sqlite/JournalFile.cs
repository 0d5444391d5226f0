using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fabric.Actors;

/// <summary>Opens a journal's file, makes the tables, and says precisely what is wrong with a file that is no journal.</summary>
/// <remarks>The format is described in docs/journal-format.md; sqlite.org/fileformat2.html has the header's fields.</remarks>
internal static class JournalFile
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int Version = 1;

    /// <summary>"FABR", so that <c>file</c> and we can tell a journal from another SQLite database.</summary>
    public const int ApplicationId = 0x4641_4252;

    private const int HeaderBytes = 100;
    private const int LogHeaderBytes = 32;

    private static readonly string[] Tables =
    [
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE persistence_id(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE manifest(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE writer(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """
        CREATE TABLE head(pid INTEGER PRIMARY KEY, last_sequence_nr INTEGER NOT NULL, writer INTEGER NOT NULL,
          incarnation INTEGER NOT NULL, counter INTEGER NOT NULL, crc32c INTEGER NOT NULL)
        """,
        """
        CREATE TABLE event(ordering INTEGER PRIMARY KEY, pid INTEGER NOT NULL, sequence_nr INTEGER NOT NULL,
          writer INTEGER NOT NULL, incarnation INTEGER NOT NULL, counter INTEGER NOT NULL, hlc INTEGER NOT NULL,
          wall_time INTEGER NOT NULL, manifest INTEGER NOT NULL, correlation TEXT, cause_pid INTEGER, cause_nr INTEGER,
          object TEXT, crc32c INTEGER NOT NULL, payload TEXT NOT NULL, UNIQUE(pid, sequence_nr))
        """,
        """
        CREATE TABLE snapshot(pid INTEGER NOT NULL, sequence_nr INTEGER NOT NULL, manifest INTEGER NOT NULL,
          hlc INTEGER NOT NULL, crc32c INTEGER NOT NULL, payload TEXT NOT NULL, UNIQUE(pid, sequence_nr))
        """,
        """
        CREATE TABLE text(id INTEGER PRIMARY KEY, last_ordering INTEGER NOT NULL, crc32c INTEGER NOT NULL, text TEXT NOT NULL)
        """,
    ];

    /// <summary>The writer's connection, with all checks done and the tables made if the file is new.</summary>
    public static SqliteConnection OpenWriter(string path)
    {
        var doubtful = CheckHeader(path);
        var connection = SqliteConnection.Open(path, path, SqliteNative.OpenReadWrite | SqliteNative.OpenCreate,
            TimeSpan.FromSeconds(1));
        try
        {
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL");
            connection.Execute("PRAGMA cache_size = -16000");
            connection.Execute("PRAGMA journal_mode = WAL");
            connection.Execute("PRAGMA synchronous = NORMAL");
            connection.Execute("PRAGMA wal_autocheckpoint = 0");
            if (IsNew(connection))
                Create(connection);
            CheckFormat(connection);
            CheckLength(connection, doubtful);
            CheckIndexes(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A second connection to a file that the writer has opened; it moves the log, and syncs as NORMAL asks.</summary>
    public static SqliteConnection OpenCheckpointer(string path)
    {
        var connection = SqliteConnection.Open(path, path, SqliteNative.OpenReadWrite, TimeSpan.Zero);
        connection.Execute("PRAGMA synchronous = NORMAL");
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        return connection;
    }

    /// <summary>A connection that can't write, for a file that others may be writing, or for a copy.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        CheckHeader(path);
        if (!File.Exists(path))
            throw new JournalException($"open {path}", "there is no such file", isTransient: false);
        var busy = TimeSpan.FromSeconds(2);
        var connection = SqliteConnection.Open(path, path, SqliteNative.OpenReadOnly, busy);
        try
        {
            return Prepared(connection);
        }
        catch (JournalException)
            when ((connection.LastErrorCode & 0xFF) is SqliteNative.CannotOpen or SqliteNative.ReadOnly && LogLength(path) == 0)
        {
            // A copy in a directory that can't be written: there is no log to read, and nobody can be writing.
            var name = $"file:{Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}?immutable=1";
            connection.Dispose();
            connection = SqliteConnection.Open(path, name, SqliteNative.OpenReadOnly | SqliteNative.OpenUri, busy);
            return Prepared(connection);
        }

        static SqliteConnection Prepared(SqliteConnection connection)
        {
            try
            {
                connection.Execute("PRAGMA cache_size = -8000");
                CheckFormat(connection);
                return connection;
            }
            catch (JournalException e) when (!e.IsTransient && (connection.LastErrorCode & 0xFF) != SqliteNative.ReadOnly)
            {
                connection.Dispose();
                throw;
            }
        }
    }

    private static bool IsNew(SqliteConnection connection) => connection.Query("PRAGMA user_version") == 0
        && connection.Query("PRAGMA application_id") == 0 && connection.Query("SELECT count(*) FROM sqlite_schema") == 0;

    // One transaction: a process that dies here leaves an empty database, which is new again the next time.
    private static void Create(SqliteConnection connection)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            foreach (var table in Tables)
                connection.Execute(table);
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
            connection.Execute("COMMIT");
        }
        catch (JournalException)
        {
            connection.Rollback();
            throw;
        }
    }

    private static void CheckFormat(SqliteConnection connection)
    {
        var application = connection.Query("PRAGMA application_id");
        if (application != ApplicationId)
            throw Refuse(connection.Path, $"it is an SQLite database of another program (application id {application})");
        var version = connection.Query("PRAGMA user_version");
        if (version > Version)
            throw Refuse(connection.Path, $"it is written in journal format {version}, and this version of Fabric reads up to "
                + $"format {Version}: use a version that reads format {version}");
        if (version < 1)
            throw Refuse(connection.Path, $"it states no journal format (user_version {version})");
    }

    // Whatever was in the log is in the file after a checkpoint, so the file must be as long as the database says.
    private static void CheckLength(SqliteConnection connection, bool doubtful)
    {
        connection.Checkpoint(SqliteNative.CheckpointTruncate);
        var pages = connection.Query("PRAGMA page_count");
        var expected = pages * connection.Query("PRAGMA page_size");
        var length = new FileInfo(connection.Path).Length;
        if (length < expected)
            throw Refuse(connection.Path, $"it is truncated: {length} bytes where {pages} pages take {expected}");
        if (doubtful && connection.QueryText("PRAGMA quick_check(1)") is var found && found != "ok")
            throw Refuse(connection.Path, $"it was cut short: {found}");
    }

    // A name or snapshot that its index does not hold would look as if it had never been written. Events show it by gaps.
    private static void CheckIndexes(SqliteConnection connection)
    {
        foreach (var table in (ReadOnlySpan<string>)["meta", "persistence_id", "manifest", "writer", "head", "snapshot"])
        {
            if (connection.QueryText($"PRAGMA integrity_check({table})") is var found && found != "ok")
                throw Refuse(connection.Path, $"table {table} is damaged: {found}");
        }
    }

    /// <returns>
    /// True if the file is shorter than its header says but a log may hold the rest: a checkpoint was interrupted, or the file was
    /// cut; only reading it all tells.
    /// </returns>
    private static bool CheckHeader(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return false;
        Span<byte> header = stackalloc byte[HeaderBytes];
        var read = 0;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            read = stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"open {path}", e.Message, isTransient: e is IOException, e);
        }
        if (!header[..Math.Min(read, 16)].SequenceEqual("SQLite format 3\0"u8[..Math.Min(read, 16)]))
            throw Refuse(path, $"it is not an SQLite database: it begins with {Show(header[..Math.Min(read, 16)])}");
        if (read < HeaderBytes)
            throw Refuse(path, $"it is truncated: {file.Length} bytes are less than a header");
        int pageBytes = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        var expected = BinaryPrimitives.ReadUInt32BigEndian(header[28..]) * (pageBytes == 1 ? 65536L : pageBytes);
        file.Refresh();
        var lengthIsStated = header[24..28].SequenceEqual(header[92..96]);
        if (!lengthIsStated || file.Length >= expected)
            return false;
        return LogLength(path) > LogHeaderBytes
            ? true
            : throw Refuse(path, $"it is truncated: {file.Length} bytes where its header states {expected}");
    }

    private static long LogLength(string path) => new FileInfo(path + "-wal") is { Exists: true } log ? log.Length : 0;

    private static string Show(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexStringLower(bytes) : $"'{Encoding.ASCII.GetString(bytes)}'";

    private static JournalException Refuse(string path, string found) => new($"open {path}", found, isTransient: false);
}
