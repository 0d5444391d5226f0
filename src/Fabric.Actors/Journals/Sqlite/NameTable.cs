namespace Fabric.Actors;

/// <summary>One of the tables that give a repeated name a small number, with what is known of it in memory.</summary>
/// <param name="prefix">What stands before each name in the file, so that names of several owners stay apart.</param>
internal sealed class NameTable(SqliteConnection connection, string table, string prefix = "")
{
    // A node sees one stream per attachment; a bound keeps years of them from staying in memory.
    private const int MostInMemory = 50_000;

    private readonly SqliteStatement _byName = connection.Prepare($"SELECT id FROM {table} WHERE name = ?1");
    private readonly SqliteStatement _byId = connection.Prepare($"SELECT name FROM {table} WHERE id = ?1");
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _names = [];
    private SqliteStatement? _insert;

    /// <summary>The name's number, or null if it has never been written.</summary>
    public long? Find(string name)
    {
        if (_ids.TryGetValue(name, out var id))
            return id;
        if (_byName.Bind(1, prefix + name).Scalar() is not { } stored)
            return null;
        Remember(name, stored);
        return stored;
    }

    /// <summary>The name's number; a new name is stored in the transaction that is open.</summary>
    public long Intern(string name)
    {
        if (Find(name) is { } known)
            return known;
        _insert ??= connection.Prepare($"INSERT INTO {table}(name) VALUES(?1) RETURNING id");
        var id = _insert.Bind(1, prefix + name).Scalar()
            ?? throw new JournalException(connection.Path, $"{table} gave no number for '{name}'", isTransient: false);
        Remember(name, id);
        return id;
    }

    /// <returns>Null for a number that the table does not hold, or that is another owner's: the file is damaged.</returns>
    public string? NameOf(long id)
    {
        if (_names.TryGetValue(id, out var name))
            return name;
        _byId.Bind(1, id);
        name = _byId.Step() && _byId.Text(0) is var stored && stored.StartsWith(prefix, StringComparison.Ordinal)
            ? stored[prefix.Length..]
            : null;
        _byId.Reset();
        if (name is not null)
            Remember(name, id);
        return name;
    }

    /// <summary>After a rollback: names that were new in it have no number now.</summary>
    public void Forget()
    {
        _ids.Clear();
        _names.Clear();
    }

    private void Remember(string name, long id)
    {
        if (_ids.Count >= MostInMemory)
            Forget();
        _ids[name] = id;
        _names[id] = name;
    }
}
