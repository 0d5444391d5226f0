using System.Collections.Immutable;
using System.Globalization;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// An ordered list of operations that are all applied or none (RFC 7047, section 4.1.3). Immutable; the methods give
/// back a longer transaction.
/// </summary>
public sealed record OvsdbTransaction(ImmutableArray<OvsdbOperation> Operations)
{
    /// <summary>A transaction that does nothing yet.</summary>
    public static readonly OvsdbTransaction Empty = new([]);

    /// <summary>This transaction and then these operations.</summary>
    public OvsdbTransaction With(params ReadOnlySpan<OvsdbOperation> operations) =>
        new(Operations.AddRange(operations));

    /// <summary>This transaction and then all operations of the other.</summary>
    public OvsdbTransaction With(OvsdbTransaction next) => new(Operations.AddRange(next.Operations));

    /// <summary>
    /// This transaction and then an insert; <paramref name="row"/> is how the operations that follow refer to the new
    /// row. The name is made from the position, so it is unique in this transaction only.
    /// </summary>
    public OvsdbTransaction Insert(string table, OvsdbRow columns, out OvsdbAtom row)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"row{Operations.Length}");
        row = OvsdbAtom.NamedUuid(name);
        return With(new OvsdbOperation.Insert(table, columns, name));
    }

    /// <summary>
    /// This transaction and then an assertion that the table holds a row named so. Without it a mutation of a row that
    /// has gone succeeds with count 0, and rows meant to hang on it vanish silently.
    /// </summary>
    public OvsdbTransaction AssertNamed(string table, string name) =>
        With(new OvsdbOperation.Wait(
            table,
            [OvsdbCondition.Equal("name", name)],
            ["name"],
            UntilEqual: true,
            [OvsdbRow.Empty.With("name", name)],
            TimeSpan.Zero));

    /// <summary>This transaction and then an assertion that the table holds no row named so.</summary>
    public OvsdbTransaction AssertNotNamed(string table, string name) =>
        With(new OvsdbOperation.Wait(
            table, [OvsdbCondition.Equal("name", name)], ["name"], UntilEqual: true, [], TimeSpan.Zero));

    /// <inheritdoc/>
    public bool Equals(OvsdbTransaction? other) =>
        other is not null
        && Operations.Select(operation => operation.ToString())
            .SequenceEqual(other.Operations.Select(operation => operation.ToString()));

    /// <inheritdoc/>
    public override int GetHashCode() => Operations.Length;

    /// <summary>The operations as the JSON they are sent in, one per line.</summary>
    public override string ToString() => string.Join('\n', Operations);
}
