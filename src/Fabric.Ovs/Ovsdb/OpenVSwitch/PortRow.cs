using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>A row of the table Port (ovs-vswitchd.conf.db(5)): what a bridge has; it holds Interfaces.</summary>
/// <param name="Uuid">The row.</param>
/// <param name="Name">Unique among ports.</param>
/// <param name="Interfaces">The interfaces' rows: one, unless the port is a bond.</param>
/// <param name="ExternalIds"><c>external_ids</c></param>
/// <param name="OtherConfig"><c>other_config</c></param>
public sealed record PortRow(
    Guid Uuid,
    string Name,
    ImmutableArray<Guid> Interfaces,
    ImmutableSortedDictionary<string, string> ExternalIds,
    ImmutableSortedDictionary<string, string> OtherConfig)
{
    internal const string Table = "Port";

    internal static readonly OvsdbMonitorTable Columns = new(
        Table, ["name", "interfaces", "external_ids", "other_config"]);

    internal static PortRow From(Guid uuid, OvsdbRow row) => new(
        uuid,
        row["name"].Text ?? "",
        row["interfaces"].ToUuids(),
        row["external_ids"].ToTextMap(),
        row["other_config"].ToTextMap());
}
