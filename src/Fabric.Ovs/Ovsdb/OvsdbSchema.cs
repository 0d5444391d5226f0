using System.Collections.Immutable;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The tables of a database and the types of their columns (RFC 7047, section 3.2).</summary>
public sealed class OvsdbSchema
{
    private OvsdbSchema(
        string name,
        string version,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, OvsdbColumnType>> tables)
    {
        Name = name;
        Version = version;
        Tables = tables;
    }

    /// <summary>The name of the database.</summary>
    public string Name { get; }

    /// <summary>The version of the schema, such as 8.3.1; empty when the server gives none.</summary>
    public string Version { get; }

    /// <summary>By table, then by column.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, OvsdbColumnType>> Tables { get; }

    internal OvsdbColumnType? TypeOf(string table, string column) =>
        Tables.TryGetValue(table, out var columns) ? columns.GetValueOrDefault(column) : null;

    /// <summary>Reads a schema; throws <see cref="FormatException"/> when it is none.</summary>
    internal static OvsdbSchema Read(JsonElement json)
    {
        try
        {
            var tables = json.GetProperty("tables").EnumerateObject()
                .ToImmutableSortedDictionary(table => table.Name, ReadColumns, StringComparer.Ordinal);
            var version = json.TryGetProperty("version", out var text) ? text.GetString() : null;
            return new OvsdbSchema(json.GetProperty("name").GetString() ?? "", version ?? "", tables);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"Not an OVSDB schema: {exception.Message}", exception);
        }
    }

    private static ImmutableSortedDictionary<string, OvsdbColumnType> ReadColumns(JsonProperty table) =>
        table.Value.GetProperty("columns").EnumerateObject().ToImmutableSortedDictionary(
            column => column.Name,
            column => OvsdbColumnType.Read(column.Value.GetProperty("type")),
            StringComparer.Ordinal);
}
