using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>A row of the table Interface (ovs-vswitchd.conf.db(5)): a network device and its OpenFlow port.</summary>
/// <param name="Uuid">The row.</param>
/// <param name="Name">Unique among interfaces; for the types system and internal the name of the device.</param>
/// <param name="Type">Empty means <c>system</c>, an existing network device.</param>
/// <param name="Options"><c>options</c>, such as remote_ip and key of a tunnel.</param>
/// <param name="OfPort">
/// <c>ofport</c>: null until ovs-vswitchd has looked at the row; -1 when it could not set the device up. It is not the
/// requested one when another interface has that, and then <paramref name="Error"/> stays null.
/// </param>
/// <param name="OfPortRequest"><c>ofport_request</c>: keeps the number across a restart of ovs-vswitchd.</param>
/// <param name="Error"><c>error</c>: why the device could not be set up; null when nothing went wrong.</param>
/// <param name="LinkState">True for up, false for down, null when unknown.</param>
/// <param name="MacInUse"><c>mac_in_use</c>; null when there is no device.</param>
/// <param name="Mtu"><c>mtu</c> in bytes; null when unknown, as for tunnels.</param>
/// <param name="MtuRequest"><c>mtu_request</c> in bytes.</param>
/// <param name="ExternalIds"><c>external_ids</c></param>
/// <param name="OtherConfig"><c>other_config</c></param>
/// <param name="Bfd"><c>bfd</c>: enable and the intervals of bidirectional forwarding detection (RFC 5880).</param>
/// <param name="BfdStatus"><c>bfd_status</c>, such as state and diagnostic; empty where BFD is not enabled.</param>
public sealed record InterfaceRow(
    Guid Uuid,
    string Name,
    string Type,
    ImmutableSortedDictionary<string, string> Options,
    long? OfPort,
    long? OfPortRequest,
    string? Error,
    bool? LinkState,
    string? MacInUse,
    long? Mtu,
    long? MtuRequest,
    ImmutableSortedDictionary<string, string> ExternalIds,
    ImmutableSortedDictionary<string, string> OtherConfig,
    ImmutableSortedDictionary<string, string> Bfd,
    ImmutableSortedDictionary<string, string> BfdStatus)
{
    internal const string Table = "Interface";

    internal static readonly OvsdbMonitorTable Columns = new(
        Table,
        [
            "name", "type", "options", "ofport", "ofport_request", "error", "link_state", "mac_in_use", "mtu",
            "mtu_request", "external_ids", "other_config", "bfd", "bfd_status",
        ]);

    /// <summary>
    /// True when the device was deleted under the port, as a pod's veth is when its namespace ends. OVS says so in no
    /// column: the ofport stays, <see cref="Error"/> is empty, and only what is read from the device is gone.
    /// </summary>
    public bool HasVanished => Type is "" or "system" && OfPort > 0 && MacInUse is null;

    internal static InterfaceRow From(Guid uuid, OvsdbRow row) => new(
        uuid,
        row["name"].Text ?? "",
        row["type"].Text ?? "",
        row["options"].ToTextMap(),
        row["ofport"].Number,
        row["ofport_request"].Number,
        row["error"].Text,
        row["link_state"].Text is { } state ? state == "up" : null,
        row["mac_in_use"].Text,
        row["mtu"].Number,
        row["mtu_request"].Number,
        row["external_ids"].ToTextMap(),
        row["other_config"].ToTextMap(),
        row["bfd"].ToTextMap(),
        row["bfd_status"].ToTextMap());
}
