using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;
using Fabric.Ovs.Ovsdb;
using OfPort = Fabric.Messages.OfPort;

namespace Fabric.Node;

/// <summary>Keeps Fabric's ports by name from the changes of OVSDB's Interface rows; a change costs what it changes.</summary>
internal sealed class SwitchPorts(string owner)
{
    private const string Table = "Interface";

    public ImmutableSortedDictionary<InterfaceName, SwitchPort> ByName { get; private set; } =
        ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;

    public void Reset(OvsdbSnapshot snapshot)
    {
        ByName = ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;
        foreach (var (uuid, row) in snapshot[Table])
            Add(uuid, row);
    }

    public void Apply(ImmutableArray<OvsdbRowChange> changes)
    {
        foreach (var change in changes.Where(c => c.Table == Table))
        {
            if (change.After is { } after)
                Add(change.Uuid, after);
            else if (change.Before is { } before && NameOf(before) is { } name
                && ByName.TryGetValue(name, out var there) && there.InterfaceUuid == change.Uuid.ToString())
                ByName = ByName.Remove(name);
        }
    }

    private void Add(Guid uuid, OvsdbRow row)
    {
        if (NameOf(row) is not { } name || row["external_ids"][ExternalIds.Owner]?.AsString() != owner)
            return;
        AttachmentId? attachment = AttachmentId.TryParse(
            row["external_ids"][ExternalIds.Attachment]?.AsString(), CultureInfo.InvariantCulture, out var id) ? id : null;
        OfPort? ofPort = row["ofport"].Number is >= OfPort.Min and <= OfPort.Max and var number ? new OfPort((ushort)number) : null;
        var error = row["error"].Text is { Length: > 0 } text ? text
            : row["ofport"].Number == -1 ? "Open vSwitch could not open the device" : null;
        ByName = ByName.SetItem(name, new SwitchPort(name, attachment, ofPort, error, uuid.ToString()));
    }

    private static InterfaceName? NameOf(OvsdbRow row) =>
        InterfaceName.TryParse(row["name"].Text, CultureInfo.InvariantCulture, out var name) ? name : null;
}
