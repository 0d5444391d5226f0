using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>A row of the table Bridge (ovs-vswitchd.conf.db(5)).</summary>
/// <param name="Uuid">The row.</param>
/// <param name="Name">Unique; also the name of its LOCAL port and interface.</param>
/// <param name="DatapathType"><c>system</c>, <c>netdev</c>, or empty, which means system.</param>
/// <param name="FailMode"><c>secure</c> or <c>standalone</c>; null means standalone.</param>
/// <param name="Protocols">The OpenFlow versions for controllers; empty means the default.</param>
/// <param name="Ports">The ports' rows.</param>
/// <param name="ExternalIds"><c>external_ids</c></param>
/// <param name="OtherConfig"><c>other_config</c></param>
public sealed record BridgeRow(
    Guid Uuid,
    string Name,
    string DatapathType,
    string? FailMode,
    ImmutableArray<string> Protocols,
    ImmutableArray<Guid> Ports,
    ImmutableSortedDictionary<string, string> ExternalIds,
    ImmutableSortedDictionary<string, string> OtherConfig)
{
    internal const string Table = "Bridge";

    internal static readonly OvsdbMonitorTable Columns = new(
        Table, ["name", "datapath_type", "fail_mode", "protocols", "ports", "external_ids", "other_config"]);

    internal static BridgeRow From(Guid uuid, OvsdbRow row) => new(
        uuid,
        row["name"].Text ?? "",
        row["datapath_type"].Text ?? "",
        row["fail_mode"].Text,
        row["protocols"].ToTexts(),
        row["ports"].ToUuids(),
        row["external_ids"].ToTextMap(),
        row["other_config"].ToTextMap());
}
