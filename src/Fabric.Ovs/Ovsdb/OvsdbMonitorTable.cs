using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// A table to watch, and which of its columns; null means all. A column that the server's schema lacks, because the
/// server is older, is left out and reads as the empty set.
/// </summary>
public sealed record OvsdbMonitorTable(string Table, ImmutableArray<string>? Columns = null);
