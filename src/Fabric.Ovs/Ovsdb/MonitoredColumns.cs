using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The watched columns that the connected server knows, with their types.</summary>
internal sealed class MonitoredColumns
{
    private readonly OvsdbSchema _schema;
    private readonly ImmutableArray<OvsdbMonitorTable> _tables;
    private readonly Dictionary<string, OvsdbRow> _defaults = new(StringComparer.Ordinal);

    internal MonitoredColumns(OvsdbSchema schema, ImmutableArray<OvsdbMonitorTable> tables)
    {
        _schema = schema;
        _tables = [.. tables.Select(Known)];
        foreach (var (table, columns) in _tables)
        {
            _defaults[table] = new OvsdbRow(columns!.Value
                .Where(column => schema.TypeOf(table, column) is not null)
                .Select(column => KeyValuePair.Create(column, schema.TypeOf(table, column)!.Default)));
        }
    }

    /// <summary>A row of the table in which nothing was set.</summary>
    internal OvsdbRow DefaultsOf(string table) =>
        _defaults.TryGetValue(table, out var row) ? row : throw new FormatException($"Table {table} is not watched.");

    internal OvsdbColumnType TypeOf(string table, string column) =>
        _schema.TypeOf(table, column) ?? throw new FormatException($"The schema has no column {table}.{column}.");

    internal OvsdbRow Normalize(string table, OvsdbRow row) => new(row.Select(column =>
        KeyValuePair.Create(column.Key, TypeOf(table, column.Key).Normalize(column.Value))));

    /// <summary>
    /// The requests of monitor, or of monitor_cond (<c>monitor-cond-requests</c>), whose tables hold arrays.
    /// </summary>
    internal void WriteRequests(Utf8JsonWriter writer, bool conditional)
    {
        writer.WriteStartObject();
        foreach (var (table, columns) in _tables)
        {
            writer.WritePropertyName(table);
            if (conditional)
                writer.WriteStartArray();
            writer.WriteStartObject();
            OvsdbJson.WriteTexts(writer, "columns", columns!.Value);
            writer.WriteEndObject();
            if (conditional)
                writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private OvsdbMonitorTable Known(OvsdbMonitorTable table)
    {
        if (!_schema.Tables.TryGetValue(table.Table, out var known))
            return table with { Columns = table.Columns ?? [] };
        return table with { Columns = [.. table.Columns?.Where(known.ContainsKey) ?? known.Keys] };
    }
}
