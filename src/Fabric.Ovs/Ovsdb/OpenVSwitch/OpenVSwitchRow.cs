using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>
/// The one row of the table Open_vSwitch (ovs-vswitchd.conf.db(5)). Records that hold collections are equal only when
/// they come from the same snapshot.
/// </summary>
/// <param name="Uuid">The row.</param>
/// <param name="NextConfig"><c>next_cfg</c>: what clients count up to ask ovs-vswitchd for an acknowledgement.</param>
/// <param name="CurrentConfig"><c>cur_cfg</c>: the last <c>next_cfg</c> that ovs-vswitchd has carried out.</param>
/// <param name="Version"><c>ovs_version</c>; written by the start script, so it may be null.</param>
/// <param name="InterfaceTypes"><c>iface_types</c> that ovs-vswitchd supports; empty until it has started once.</param>
/// <param name="DatapathTypes"><c>datapath_types</c>: system, netdev; empty until it has started once.</param>
/// <param name="Bridges">The bridges' rows.</param>
/// <param name="ExternalIds"><c>external_ids</c></param>
/// <param name="OtherConfig"><c>other_config</c></param>
public sealed record OpenVSwitchRow(
    Guid Uuid,
    long NextConfig,
    long CurrentConfig,
    string? Version,
    ImmutableArray<string> InterfaceTypes,
    ImmutableArray<string> DatapathTypes,
    ImmutableArray<Guid> Bridges,
    ImmutableSortedDictionary<string, string> ExternalIds,
    ImmutableSortedDictionary<string, string> OtherConfig)
{
    internal const string Table = "Open_vSwitch";

    internal static readonly OvsdbMonitorTable Columns = new(
        Table,
        [
            "next_cfg", "cur_cfg", "ovs_version", "iface_types", "datapath_types", "bridges", "external_ids",
            "other_config",
        ]);

    internal static OpenVSwitchRow From(Guid uuid, OvsdbRow row) => new(
        uuid,
        row["next_cfg"].Number ?? 0,
        row["cur_cfg"].Number ?? 0,
        row["ovs_version"].Text,
        row["iface_types"].ToTexts(),
        row["datapath_types"].ToTexts(),
        row["bridges"].ToUuids(),
        row["external_ids"].ToTextMap(),
        row["other_config"].ToTextMap());
}
