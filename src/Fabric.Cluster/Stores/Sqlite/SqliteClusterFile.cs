using System.Globalization;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>
/// Opens a cluster store's file, and makes the tables in a new one, also when several processes do so at once.
/// </summary>
/// <remarks>
/// Streams, heads, snapshots and names are kept as in a node journal (docs/journal-format.md); leases are added. The names
/// of streams and leases begin with the cluster's name and a slash.
/// </remarks>
internal static class SqliteClusterFile
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int Version = 1;

    /// <summary>"FABC", so that nobody takes a node's journal for a cluster's or the other way round.</summary>
    public const int ApplicationId = 0x4641_4243;

    private const int MaxOpenAttempts = 20;

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
        "CREATE TABLE lease(name TEXT PRIMARY KEY, version INTEGER NOT NULL, duration_ms INTEGER NOT NULL, value TEXT) WITHOUT ROWID",
        "INSERT INTO meta(key, value) VALUES('lease_version', 0)",
    ];

    /// <param name="deadline">How long a call waits for another process's transaction.</param>
    /// <exception cref="JournalException">It can't be opened, or is something else.</exception>
    public static SqliteConnection Open(string path, TimeSpan deadline)
    {
        var connection = SqliteConnection.Open(
            path, path, SqliteNative.OpenReadWrite | SqliteNative.OpenCreate, deadline);
        try
        {
            EnterWal(connection);
            connection.Execute("PRAGMA synchronous = FULL");
            if (IsNew(connection))
                Create(connection);
            CheckFormat(connection);
            return connection;
        }
        catch (JournalException)
        {
            connection.Dispose();
            throw;
        }
    }

    // SQLite does not wait for another connection that is switching the same new file to WAL; it says busy at once.
    private static void EnterWal(SqliteConnection connection)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                return;
            }
            catch (JournalException e) when (e.IsTransient && attempt < MaxOpenAttempts)
            {
                Thread.Yield();
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
            if (IsNew(connection))
            {
                foreach (var table in Tables)
                    connection.Execute(table);
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
            }
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
            throw Refuse(connection.Path, $"it is no cluster store (SQLite application id {application})");
        var version = connection.Query("PRAGMA user_version");
        if (version is < 1 or > Version)
            throw Refuse(connection.Path, $"it is written in cluster store format {version}, and this version of Fabric reads up to "
                + $"format {Version}");
    }

    private static JournalException Refuse(string path, string found) => new($"open {path}", found, isTransient: false);
}
