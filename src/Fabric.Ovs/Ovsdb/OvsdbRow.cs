using System.Collections;
using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// Some or all columns of a row (RFC 7047, section 5.1, <c>&lt;row&gt;</c>), sorted by name. Immutable; equality is by
/// content. Grows by <c>With</c>.
/// </summary>
public sealed class OvsdbRow : IEquatable<OvsdbRow>, IEnumerable<KeyValuePair<string, OvsdbValue>>
{
    /// <summary>No columns.</summary>
    public static readonly OvsdbRow Empty = new([]);

    private readonly ImmutableSortedDictionary<string, OvsdbValue> _columns;

    /// <summary>The given columns; throws <see cref="ArgumentException"/> when a name occurs twice.</summary>
    public OvsdbRow(IEnumerable<KeyValuePair<string, OvsdbValue>> columns) =>
        _columns = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, columns);

    private OvsdbRow(ImmutableSortedDictionary<string, OvsdbValue> columns) => _columns = columns;

    /// <summary>The number of columns.</summary>
    public int Count => _columns.Count;

    /// <summary>The value of a column; the empty set when the row does not have it.</summary>
    public OvsdbValue this[string column] => _columns.GetValueOrDefault(column, OvsdbValue.EmptySet);

    /// <summary>True when the row has the column.</summary>
    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>This row with the column set.</summary>
    public OvsdbRow With(string column, OvsdbValue value) => new(_columns.SetItem(column, value));

    /// <summary>This row with all columns of <paramref name="newer"/> set.</summary>
    public OvsdbRow With(OvsdbRow newer) => new(_columns.SetItems(newer._columns));

    /// <inheritdoc/>
    public bool Equals(OvsdbRow? other) => other is not null && _columns.SequenceEqual(other._columns);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OvsdbRow);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (column, value) in _columns)
        {
            hash.Add(column, StringComparer.Ordinal);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, OvsdbValue>> GetEnumerator() => _columns.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The JSON of RFC 7047 section 5.1.</summary>
    public override string ToString() => OvsdbJson.ToText(writer => OvsdbJson.WriteRow(writer, this));
}
