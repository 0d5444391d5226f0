using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// Applies what a monitor sends to a snapshot. Pure; throws <see cref="FormatException"/> on nonsense.
/// </summary>
internal static class TableCache
{
    /// <summary>
    /// <c>table-updates2</c> of ovsdb-server(7), section 4.1.14. Columns left out of a new row have their default. The
    /// difference of a column that holds at most one element is its new value; that of a set or map is what to toggle.
    /// </summary>
    internal static OvsdbSnapshot Apply2(OvsdbSnapshot before, MonitoredColumns columns, JsonElement updates) =>
        Apply(before, updates, (table, old, update) =>
        {
            if (update.TryGetProperty("initial", out var row) || update.TryGetProperty("insert", out row))
                return columns.DefaultsOf(table).With(columns.Normalize(table, OvsdbJson.ReadRow(row)));
            if (update.TryGetProperty("modify", out var modify))
                return Modify(columns, table, old ?? columns.DefaultsOf(table), OvsdbJson.ReadRow(modify));
            return update.TryGetProperty("delete", out _) ? null : throw OvsdbJson.Malformed(update, "row-update2");
        });

    /// <summary><c>table-updates</c> of RFC 7047, section 4.1.6: "new" holds all watched columns.</summary>
    internal static OvsdbSnapshot Apply1(OvsdbSnapshot before, MonitoredColumns columns, JsonElement updates) =>
        Apply(before, updates, (table, _, update) => update.TryGetProperty("new", out var row)
            ? columns.DefaultsOf(table).With(columns.Normalize(table, OvsdbJson.ReadRow(row)))
            : null);

    /// <summary>The rows that differ, by table and uuid.</summary>
    internal static ImmutableArray<OvsdbRowChange> Differences(OvsdbSnapshot before, OvsdbSnapshot after)
    {
        var changes = ImmutableArray.CreateBuilder<OvsdbRowChange>();
        foreach (var table in before.Tables.Keys.Union(after.Tables.Keys).Order(StringComparer.Ordinal))
        {
            var (old, now) = (before[table], after[table]);
            if (ReferenceEquals(old, now))
                continue;
            foreach (var (uuid, row) in old)
            {
                var next = now.GetValueOrDefault(uuid);
                if (!ReferenceEquals(row, next) && !row.Equals(next))
                    changes.Add(new(table, uuid, row, next));
            }

            foreach (var (uuid, row) in now)
            {
                if (!old.ContainsKey(uuid))
                    changes.Add(new(table, uuid, null, row));
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>
    /// The rows that <paramref name="updates"/> names and that differ; cheaper than comparing everything.
    /// </summary>
    internal static ImmutableArray<OvsdbRowChange> Differences(
        OvsdbSnapshot before, OvsdbSnapshot after, JsonElement updates)
    {
        var changes = ImmutableArray.CreateBuilder<OvsdbRowChange>();
        foreach (var table in updates.EnumerateObject())
        {
            foreach (var row in table.Value.EnumerateObject())
            {
                var uuid = ReadUuid(row.Name);
                var old = before[table.Name].GetValueOrDefault(uuid);
                var now = after[table.Name].GetValueOrDefault(uuid);
                if (!Equals(old, now))
                    changes.Add(new(table.Name, uuid, old, now));
            }
        }

        return changes.ToImmutable();
    }

    private static OvsdbSnapshot Apply(
        OvsdbSnapshot before,
        JsonElement updates,
        Func<string, OvsdbRow?, JsonElement, OvsdbRow?> next)
    {
        if (updates.ValueKind is not JsonValueKind.Object)
            throw OvsdbJson.Malformed(updates, "table update");
        var tables = before.Tables;
        foreach (var table in updates.EnumerateObject())
        {
            var rows = before[table.Name].ToBuilder();
            foreach (var update in table.Value.EnumerateObject())
            {
                var uuid = ReadUuid(update.Name);
                if (next(table.Name, rows.GetValueOrDefault(uuid), update.Value) is { } row)
                    rows[uuid] = row;
                else
                    rows.Remove(uuid);
            }

            tables = rows.Count == 0
                ? tables.Remove(table.Name)
                : tables.SetItem(table.Name, rows.ToImmutable());
        }

        return new OvsdbSnapshot(tables);
    }

    private static OvsdbRow Modify(MonitoredColumns columns, string table, OvsdbRow row, OvsdbRow difference)
    {
        foreach (var (column, value) in difference)
        {
            var type = columns.TypeOf(table, column);
            var change = type.Normalize(value);
            row = row.With(column, type.Max == 1 ? change : row[column].Toggle(change));
        }

        return row;
    }

    private static Guid ReadUuid(string text) =>
        Guid.TryParseExact(text, "D", out var uuid) ? uuid : throw new FormatException($"'{text}' is no row uuid.");
}
