using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The watched rows after one commit, never a mixture of two. Immutable; any thread may read it.</summary>
public sealed class OvsdbSnapshot
{
    /// <summary>No rows.</summary>
    public static readonly OvsdbSnapshot Empty = new(
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<Guid, OvsdbRow>>(StringComparer.Ordinal));

    private static readonly ImmutableSortedDictionary<Guid, OvsdbRow> NoRows =
        ImmutableSortedDictionary<Guid, OvsdbRow>.Empty;

    internal OvsdbSnapshot(ImmutableSortedDictionary<string, ImmutableSortedDictionary<Guid, OvsdbRow>> tables) =>
        Tables = tables;

    /// <summary>The tables that have rows, by name.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<Guid, OvsdbRow>> Tables { get; }

    /// <summary>The rows of a table by uuid; empty when the table has none or is not watched.</summary>
    public ImmutableSortedDictionary<Guid, OvsdbRow> this[string table] => Tables.GetValueOrDefault(table, NoRows);
}
