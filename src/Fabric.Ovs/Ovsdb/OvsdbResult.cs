using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>What one operation of a committed transaction gave (RFC 7047, section 5.2).</summary>
/// <param name="Uuid">The uuid of the row, for an insert.</param>
/// <param name="Count">The number of rows that matched, for an update, a mutate or a delete.</param>
/// <param name="Rows">The rows, for a select; else empty.</param>
public sealed record OvsdbResult(Guid? Uuid, long? Count, ImmutableArray<OvsdbRow> Rows);
