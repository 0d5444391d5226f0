using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Node;

/// <summary>What the node needs of Open vSwitch: one bridge, its ports and its flows.</summary>
/// <remarks>
/// Used from the event loop; calls complete on it. Every call may be repeated. Failures are <see cref="SwitchException"/>; a
/// transient one means that the session is lost and <see cref="ConnectAsync"/> comes next.
/// </remarks>
public interface ISwitch
{
    /// <summary>
    /// Waits for Open vSwitch, makes the bridge with its gateway and tunnel ports, and opens a session.
    /// </summary>
    Task ConnectAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken);

    /// <summary>Whether the session is up.</summary>
    bool IsConnected { get; }

    /// <summary>Fabric's ports on the bridge by name, as last heard from OVSDB.</summary>
    ImmutableSortedDictionary<InterfaceName, SwitchPort> Ports { get; }

    /// <summary>Ports on the bridge that Fabric did not make, by name, as last heard from OVSDB. O(ports).</summary>
    ImmutableSortedSet<string> ForeignPorts { get; }

    /// <summary>The paths that are watched, by peer, as last heard from OVSDB.</summary>
    ImmutableSortedDictionary<NodeName, PeerPath> Paths { get; }

    /// <summary>Called on the loop when <see cref="Ports"/>, <see cref="Paths"/> or <see cref="IsConnected"/> has changed.</summary>
    Action? Changed { get; set; }

    /// <summary>What was kept with Fabric's ports on a bridge (<see cref="WantedPort.Record"/>); needs no <see cref="ConnectAsync"/>.</summary>
    Task<ImmutableArray<string>> ReadPortRecordsAsync(string bridge, CancellationToken cancellationToken);

    /// <summary>
    /// Adds ports in one transaction; returns when it is committed, before the devices are open. A port of Fabric's that is there
    /// already stays as it is.
    /// </summary>
    /// <returns>Those that could not be added because their name is somebody else's, with what to tell the operator.</returns>
    Task<ImmutableSortedDictionary<InterfaceName, string>> AddPortsAsync(
        ImmutableArray<WantedPort> ports, CancellationToken cancellationToken);

    /// <summary>Removes ports that Fabric made, and no others; returns when it is committed.</summary>
    Task RemovePortsAsync(ImmutableArray<InterfaceName> ports, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the watched paths nearer to these, and no others; returns when it is committed. A path that is there as wanted stays.
    /// </summary>
    /// <returns>False if more is to be taken away than one call takes the time for: call again.</returns>
    Task<bool> WatchPathsAsync(ImmutableArray<WantedPath> paths, CancellationToken cancellationToken);

    /// <summary>Changes flows in one bundle: all of it or nothing; returns when Open vSwitch has confirmed it.</summary>
    Task ChangeFlowsAsync(ImmutableArray<Flow> removed, ImmutableArray<Flow> added, CancellationToken cancellationToken);

    /// <summary>The flows on the bridge, whoever made them.</summary>
    /// <param name="cookie">Only those with this cookie; null for all.</param>
    Task<ImmutableArray<Flow>> DumpFlowsAsync(ulong? cookie, CancellationToken cancellationToken);

    /// <summary>The groups on the bridge, by number; Fabric makes none.</summary>
    Task<ImmutableArray<GroupDescription>> DumpGroupsAsync(CancellationToken cancellationToken);

    /// <summary>Deletes a group and the flows that lead to it, if they are there.</summary>
    Task DeleteGroupAsync(uint group, CancellationToken cancellationToken);

    /// <summary>Forgets the connections of an address in a zone, both directions.</summary>
    Task FlushConnectionsAsync(int zone, IpAddress address, CancellationToken cancellationToken);
}
