using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node.Pipeline;
using Fabric.Ovs.OpenFlow;
using Fabric.Ovs.Ovsdb;
using Fabric.Ovs.Ovsdb.OpenVSwitch;

namespace Fabric.Node;

/// <summary>A real Open vSwitch: its database for ports, the bridge's management socket for flows.</summary>
/// <remarks>Lives on the event loop; the connections themselves run on pool threads.</remarks>
/// <param name="database">unix: and the absolute path of the database's socket.</param>
/// <param name="runDirectory">Where Open vSwitch keeps <c>BRIDGE.mgmt</c>.</param>
/// <param name="notice">Told of what works with less than it should, once.</param>
public sealed partial class OvsSwitch(string database, string runDirectory, TimeProvider time, Action<string> notice)
    : ISwitch, IAsyncDisposable
{
    private OpenVSwitchDatabase? _db;
    private OvsdbSubscription? _changes;
    private OpenFlowConnection? _openFlow;
    private SwitchPorts? _ports;
    private BridgeEvent.BridgeConfigured? _bridge;
    private long _removalConfig;
    private bool _cannotFlush;

    public Action? Changed { get; set; }

    public bool IsConnected => _db is { Monitor.IsCurrent: true } && _openFlow is { Disconnected.IsCompleted: false };

    public ImmutableSortedDictionary<InterfaceName, SwitchPort> Ports =>
        _ports?.ByName ?? ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;

    /// <summary>Open vSwitch's version, null until it has said so.</summary>
    public string? Version => _db?.View.Root?.Version;

    public async Task<ImmutableArray<string>> ReadPortRecordsAsync(string bridge, CancellationToken cancellationToken)
    {
        try
        {
            await OpenDatabaseAsync(bridge, cancellationToken);
            return [.. _db!.Monitor.Snapshot["Port"].Values
                .Where(p => p["external_ids"][ExternalIds.Owner]?.AsString() == bridge)
                .Select(p => p["external_ids"][ExternalIds.Record]?.AsString())
                .OfType<string>()];
        }
        catch (OvsdbException e)
        {
            throw new SwitchException("read the ports' records", e.Message, e.IsTransient, e);
        }
    }

    public ImmutableSortedSet<string> ForeignPorts => _db is { View: var view } && _bridge is { Bridge: var bridge }
        ? [.. view.PortsOf(bridge)
            .Where(p => p.Name != bridge && p.ExternalIds.GetValueOrDefault(ExternalIds.Owner) != bridge)
            .Select(p => p.Name)]
        : [];

    public async Task<ImmutableSortedDictionary<InterfaceName, string>> AddPortsAsync(
        ImmutableArray<WantedPort> ports, CancellationToken cancellationToken)
    {
        var refused = ImmutableSortedDictionary<InterfaceName, string>.Empty;
        await DatabaseAsync($"add {ports.Length} ports", async db =>
        {
            // News of a name that was taken may lie unread.
            Drain();
            refused = ports.Where(p => _ports!.IsTaken(p.Name)).ToImmutableSortedDictionary(p => p.Name, p =>
                $"Open vSwitch has a port {p.Name} that Fabric did not make; remove it (ovs-vsctl del-port {p.Name})");
            ImmutableArray<PortSpec> missing =
                [.. ports.Where(p => !refused.ContainsKey(p.Name) && !_ports!.ByName.ContainsKey(p.Name)).Select(SpecOf)];
            if (missing.IsEmpty)
                return;
            try
            {
                await db.AddPortsAsync(_bridge!.Bridge, missing, cancellationToken);
            }
            catch (OvsdbException e) when (e.Code == OvsdbErrorCode.ConstraintViolation)
            {
                // A name was taken since we last heard of the database; the next look knows by whom.
                throw new SwitchException($"add {ports.Length} ports", e.Message, isTransient: true, e);
            }
            Drain();
        });
        return refused;
    }

    public Task RemovePortsAsync(ImmutableArray<InterfaceName> ports, CancellationToken cancellationToken) => DatabaseAsync(
        $"remove {ports.Length} ports", async db =>
        {
            foreach (var name in ports)
            {
                if (db.Monitor.Snapshot["Port"].FirstOrDefault(p => p.Value["name"].Text == name.Value) is not { Value: not null } row
                    || row.Value["external_ids"][ExternalIds.Owner]?.AsString() != _bridge!.Bridge)
                    continue;
                // The userspace datapath stalls for each removal, so one is carried out before the next is sent; nobody needs to
                // wait for the last one, since its flows have been gone before.
                if (_removalConfig > 0)
                    await db.WaitAppliedAsync(_removalConfig, cancellationToken);
                _removalConfig = await db.CommitAsync(OpenVSwitchTransactions.RemovePort(_bridge.Bridge, row.Key), cancellationToken);
            }
            Drain();
        });

    public Task ChangeFlowsAsync(ImmutableArray<Flow> removed, ImmutableArray<Flow> added, CancellationToken cancellationToken) =>
        OpenFlowAsync($"change {removed.Length + added.Length} flows", connection => connection.ApplyBundleAsync(
            [.. removed.Select(f => FlowMod.DeleteStrict(f.Key)), .. added.Select(FlowMod.Add)], cancellationToken));

    public async Task<ImmutableArray<Flow>> DumpFlowsAsync(ulong? cookie, CancellationToken cancellationToken)
    {
        IReadOnlyList<Flow> flows = [];
        var filter = cookie is { } wanted ? new FlowFilter { Cookie = wanted, CookieMask = ulong.MaxValue } : FlowFilter.All;
        await OpenFlowAsync("read flows", async connection => flows = await connection.DumpFlowsAsync(filter, cancellationToken));
        return [.. flows];
    }

    public async Task<ImmutableArray<GroupDescription>> DumpGroupsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<GroupDescription> groups = [];
        await OpenFlowAsync("read groups", async connection => groups = await connection.DumpGroupsAsync(cancellationToken));
        return [.. groups];
    }

    public Task DeleteGroupAsync(uint group, CancellationToken cancellationToken) =>
        OpenFlowAsync($"delete group {group}", connection => connection.DeleteGroupAsync(group, cancellationToken));

    // All at once: a turn of Open vSwitch's main loop answers them together, and it takes longer the more ports there are.
    public Task FlushConnectionsAsync(int zone, IpAddress address, CancellationToken cancellationToken) => _cannotFlush
        ? Task.CompletedTask
        : Task.WhenAll(ConnectionFlush.For((ushort)zone, address).Select(flush => FlushAsync(flush, address, cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        _changes?.Dispose();
        if (_openFlow is not null)
            await _openFlow.DisposeAsync();
        if (_db is not null)
            await _db.DisposeAsync();
    }

    private Task FlushAsync(CtFlush flush, IpAddress address, CancellationToken cancellationToken) =>
        OpenFlowAsync($"flush connections of {address}", async connection =>
        {
            try
            {
                await connection.FlushConnectionsAsync(flush, cancellationToken);
            }
            catch (OpenFlowException e) when (e.Failure == OpenFlowFailure.Refused)
            {
                if (_cannotFlush)
                    return;
                _cannotFlush = true;
                notice($"Open vSwitch {Version} can't flush connections ({e.ErrorName}); "
                    + "a new pod may inherit its address's old connections until they time out");
            }
        });

    private PortSpec SpecOf(WantedPort port)
    {
        var ids = ImmutableSortedDictionary<string, string>.Empty
            .Add(ExternalIds.Owner, _bridge!.Bridge)
            .Add(ExternalIds.Attachment, port.Attachment.ToString())
            .Add(ExternalIds.AttachedMac, port.Mac.ToString());
        if (port.Pod is { } pod)
        {
            ids = ids.Add(ExternalIds.PodNamespace, pod.Namespace).Add(ExternalIds.PodName, pod.Name)
                .Add(ExternalIds.PodUid, pod.Uid);
        }
        return new PortSpec(port.Name.Value)
        {
            OfPortRequest = port.OfPort.Value,
            PortExternalIds = ids.Add(ExternalIds.Record, port.Record),
            InterfaceExternalIds = ids,
        };
    }

    private async Task DatabaseAsync(string operation, Func<OpenVSwitchDatabase, Task> work)
    {
        if (_db is null)
            throw new SwitchException(operation, "not connected to Open vSwitch's database", isTransient: true);
        try
        {
            await work(_db);
        }
        catch (OvsdbException e)
        {
            throw new SwitchException(operation, e.Message, e.IsTransient || e.IsOutcomeUnknown, e);
        }
    }

    private async Task OpenFlowAsync(string operation, Func<OpenFlowConnection, Task> work)
    {
        if (_openFlow is null)
            throw new SwitchException(operation, "not connected to the bridge", isTransient: true);
        try
        {
            await work(_openFlow);
        }
        catch (OpenFlowException e)
        {
            throw new SwitchException(operation, e.Message, e.IsTransient, e);
        }
    }
}
