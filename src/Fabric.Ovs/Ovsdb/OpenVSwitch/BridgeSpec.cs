using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>What a bridge shall be. Pairs that it does not name are left as they are.</summary>
/// <param name="Name">At most 15 bytes, because the LOCAL port is a network device.</param>
/// <param name="DatapathType"><c>system</c> for the kernel's datapath, <c>netdev</c> for the one in userspace.</param>
public sealed record BridgeSpec(string Name, string DatapathType)
{
    /// <summary>
    /// <c>secure</c>: without flows nothing is forwarded, also while nobody is there to install them.
    /// </summary>
    public string FailMode { get; init; } = "secure";

    /// <summary>The MAC address of LOCAL, as <c>other_config:hwaddr</c>; without it OVS picks a random one.</summary>
    public string? HardwareAddress { get; init; }

    /// <summary>The OpenFlow versions for controllers; empty leaves the column as it is.</summary>
    public ImmutableArray<string> Protocols { get; init; } = [];

    /// <summary>Pairs of <c>external_ids</c>: here ownership is written.</summary>
    public ImmutableSortedDictionary<string, string> ExternalIds { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Pairs of <c>other_config</c>.</summary>
    public ImmutableSortedDictionary<string, string> OtherConfig { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    internal ImmutableSortedDictionary<string, string> AllOtherConfig =>
        HardwareAddress is { } address ? OtherConfig.SetItem("hwaddr", address) : OtherConfig;
}
