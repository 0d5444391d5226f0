using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>A Port with one Interface of the same name.</summary>
/// <param name="Name">The name of both rows, and of the device for the types system and internal.</param>
public sealed record PortSpec(string Name)
{
    /// <summary>The type of the Interface: empty for an existing device, else internal, vxlan, geneve, …</summary>
    public string Type { get; init; } = "";

    /// <summary>
    /// 1 to 65279. Request the same number always: it keeps flows valid across a restart of ovs-vswitchd. A number that
    /// is taken is not given, and no error says so.
    /// </summary>
    public int? OfPortRequest { get; init; }

    /// <summary>MTU in bytes that ovs-vswitchd shall set; not for tunnels.</summary>
    public int? MtuRequest { get; init; }

    /// <summary><c>options</c> of the Interface.</summary>
    public ImmutableSortedDictionary<string, string> Options { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary><c>bfd</c> of the Interface; empty: no BFD.</summary>
    public ImmutableSortedDictionary<string, string> Bfd { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary><c>external_ids</c> of the Port.</summary>
    public ImmutableSortedDictionary<string, string> PortExternalIds { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary><c>external_ids</c> of the Interface.</summary>
    public ImmutableSortedDictionary<string, string> InterfaceExternalIds { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    internal OvsdbRow InterfaceColumns
    {
        get
        {
            var row = OvsdbRow.Empty
                .With("name", Name)
                .With("type", Type)
                .With("options", OvsdbValue.TextMap(Options))
                .With("external_ids", OvsdbValue.TextMap(InterfaceExternalIds));
            if (OfPortRequest is { } port)
                row = row.With("ofport_request", port);
            if (!Bfd.IsEmpty)
                row = row.With("bfd", OvsdbValue.TextMap(Bfd));
            return MtuRequest is { } mtuBytes ? row.With("mtu_request", mtuBytes) : row;
        }
    }
}
