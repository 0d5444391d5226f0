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

    /// <summary>What Open vSwitch says where nothing was wrong yet.</summary>
    private const string NoDiagnostic = "No Diagnostic";

    private readonly Dictionary<Guid, string> _strangers = [];

    public ImmutableSortedDictionary<InterfaceName, SwitchPort> ByName { get; private set; } =
        ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;

    public ImmutableSortedDictionary<NodeName, PeerPath> Paths { get; private set; } = ImmutableSortedDictionary<NodeName, PeerPath>.Empty;

    /// <summary>Whether a port or interface that Fabric did not make, on whatever bridge, has this name.</summary>
    public bool IsTaken(InterfaceName name) => _strangers.ContainsValue(name.Value);

    public void Reset(OvsdbSnapshot snapshot)
    {
        ByName = ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;
        Paths = ImmutableSortedDictionary<NodeName, PeerPath>.Empty;
        _strangers.Clear();
        foreach (var (uuid, row) in snapshot["Port"])
            NoteStranger(uuid, row);
        foreach (var (uuid, row) in snapshot[Table])
        {
            NoteStranger(uuid, row);
            Add(uuid, row);
        }
    }

    public void Apply(ImmutableArray<OvsdbRowChange> changes)
    {
        foreach (var change in changes.Where(c => c.Table is Table or "Port"))
        {
            NoteStranger(change.Uuid, change.After);
            if (change.Table != Table)
                continue;
            if (change.After is { } after)
                Add(change.Uuid, after);
            else if (change.Before is { } before && NameOf(before) is { } name
                && ByName.TryGetValue(name, out var there) && there.InterfaceUuid == change.Uuid.ToString())
                Remove(name, before);
        }
    }

    private bool IsOurs(OvsdbRow row) => row["external_ids"][ExternalIds.Owner]?.AsString() == owner;

    private void NoteStranger(Guid uuid, OvsdbRow? row)
    {
        if (row is null || IsOurs(row))
            _strangers.Remove(uuid);
        else
            _strangers[uuid] = row["name"].Text ?? "";
    }

    private void Add(Guid uuid, OvsdbRow row)
    {
        if (NameOf(row) is not { } name || !IsOurs(row))
            return;
        AttachmentId? attachment = AttachmentId.TryParse(
            row["external_ids"][ExternalIds.Attachment]?.AsString(), CultureInfo.InvariantCulture, out var id) ? id : null;
        OfPort? ofPort = row["ofport"].Number is >= OfPort.Min and <= OfPort.Max and var number ? new OfPort((ushort)number) : null;
        var error = row["error"].Text is { Length: > 0 } text ? text
            : row["ofport"].Number == -1 ? "Open vSwitch could not open the device" : null;
        ByName = ByName.SetItem(name, new SwitchPort(name, attachment, ofPort, error, uuid.ToString()));
        if (PeerOf(row) is { } peer)
        {
            var diagnostic = row["bfd_status"]["diagnostic"]?.AsString();
            Paths = Paths.SetItem(peer, new PeerPath(
                peer, row["bfd_status"]["state"]?.AsString(), diagnostic == NoDiagnostic ? null : diagnostic));
        }
    }

    private void Remove(InterfaceName name, OvsdbRow row)
    {
        ByName = ByName.Remove(name);
        if (PeerOf(row) is { } peer)
            Paths = Paths.Remove(peer);
    }

    private static NodeName? PeerOf(OvsdbRow row) =>
        NodeName.TryParse(row["external_ids"][ExternalIds.Peer]?.AsString(), CultureInfo.InvariantCulture, out var peer) ? peer : null;

    private static InterfaceName? NameOf(OvsdbRow row) =>
        InterfaceName.TryParse(row["name"].Text, CultureInfo.InvariantCulture, out var name) ? name : null;
}
