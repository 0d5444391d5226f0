using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>The rows of one snapshot, typed. Immutable; any thread may read it.</summary>
public sealed class OpenVSwitchView
{
    /// <summary>Reads all rows; O(rows), so build it once for each look at the whole.</summary>
    public OpenVSwitchView(OvsdbSnapshot snapshot)
    {
        Root = snapshot[OpenVSwitchRow.Table] is { Count: > 0 } roots
            ? OpenVSwitchRow.From(roots.First().Key, roots.First().Value)
            : null;
        Bridges = ByName(snapshot[BridgeRow.Table], BridgeRow.From, row => row.Name);
        Ports = ByName(snapshot[PortRow.Table], PortRow.From, row => row.Name);
        Interfaces = ByName(snapshot[InterfaceRow.Table], InterfaceRow.From, row => row.Name);
    }

    /// <summary>The row Open_vSwitch; null in a database that nobody has initialised.</summary>
    public OpenVSwitchRow? Root { get; }

    /// <summary>By name.</summary>
    public ImmutableSortedDictionary<string, BridgeRow> Bridges { get; }

    /// <summary>By name.</summary>
    public ImmutableSortedDictionary<string, PortRow> Ports { get; }

    /// <summary>By name.</summary>
    public ImmutableSortedDictionary<string, InterfaceRow> Interfaces { get; }

    /// <summary>The ports of a bridge in order of name; empty when there is no such bridge.</summary>
    public ImmutableArray<PortRow> PortsOf(string bridge)
    {
        if (!Bridges.TryGetValue(bridge, out var row))
            return [];
        var uuids = row.Ports.ToHashSet();
        return [.. Ports.Values.Where(port => uuids.Contains(port.Uuid))];
    }

    private static ImmutableSortedDictionary<string, TRow> ByName<TRow>(
        ImmutableSortedDictionary<Guid, OvsdbRow> rows, Func<Guid, OvsdbRow, TRow> read, Func<TRow, string> name) =>
        rows.Select(row => read(row.Key, row.Value))
            .ToImmutableSortedDictionary(name, row => row, StringComparer.Ordinal);
}
