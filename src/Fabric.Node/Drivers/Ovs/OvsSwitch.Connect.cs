using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;
using Fabric.Ovs.Ovsdb;
using Fabric.Ovs.Ovsdb.OpenVSwitch;

namespace Fabric.Node;

public sealed partial class OvsSwitch
{
    /// <summary>ovs-vswitchd answers a configuration within milliseconds unless it is not running.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(10);

    public async Task ConnectAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ConnectWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            _bridge = bridge;
            await OpenDatabaseAsync(bridge.Bridge, either.Token);
            await DatabaseAsync($"set up bridge {bridge.Bridge}", db => SetUpBridgeAsync(db, bridge, either.Token));
            Drain();
            await OpenBridgeAsync(bridge.Bridge, either.Token);
        }
        catch (OvsdbException e)
        {
            throw new SwitchException("connect to Open vSwitch's database", e.Message, isTransient: true, e);
        }
        catch (OpenFlowException e)
        {
            throw new SwitchException($"connect to bridge {bridge.Bridge}", e.Message, isTransient: true, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SwitchException("connect to Open vSwitch",
                $"no answer within {ConnectWithin.TotalSeconds:0} s; is ovs-vswitchd running?", isTransient: true);
        }
    }

    private async Task OpenDatabaseAsync(string bridge, CancellationToken cancellationToken)
    {
        if (_db is null)
        {
            _db = await OpenVSwitchDatabase.ConnectAsync(database, time, null, cancellationToken);
            _ports = new SwitchPorts(bridge);
            _changes = _db.Monitor.Subscribe(16_384);
            _ = FollowAsync(_changes);
        }
        await _db.Client.WaitConnectedAsync(cancellationToken);
        await _db.Monitor.WaitAsync(_ => _db.Monitor.IsCurrent ? _db : null, cancellationToken);
        Drain();
    }

    private async Task SetUpBridgeAsync(OpenVSwitchDatabase db, BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        RefuseClash(db.View, bridge);
        await db.EnsureBridgeAsync(new BridgeSpec(bridge.Bridge, bridge.DatapathType)
        {
            // A bridge takes the lowest MAC of its ports unless one is pinned, and would change it with every pod.
            HardwareAddress = bridge.GatewayMac.ToString(),
            OtherConfig = ImmutableSortedDictionary<string, string>.Empty.Add("disable-in-band", "true"),
            ExternalIds = ImmutableSortedDictionary<string, string>.Empty.Add(ExternalIds.Owner, bridge.Bridge),
        }, cancellationToken);
        PortSpec[] own = [TunnelPort(bridge), GatewayPort(bridge)];
        var missing = new List<PortSpec>();
        foreach (var spec in own)
        {
            if (!db.View.Interfaces.TryGetValue(spec.Name, out var there))
            {
                missing.Add(spec);
            }
            else if (!Fits(there, spec))
            {
                await db.RemovePortsAsync(bridge.Bridge, [spec.Name], cancellationToken);
                missing.Add(spec);
            }
        }
        if (missing.Count > 0)
            await db.WaitAppliedAsync(await db.AddPortsAsync(bridge.Bridge, [.. missing], cancellationToken), cancellationToken);
        foreach (var spec in own)
        {
            var ofPort = await db.WaitForOfportAsync(spec.Name, cancellationToken);
            if (ofPort != spec.OfPortRequest)
            {
                throw new SwitchException($"set up bridge {bridge.Bridge}",
                    $"port {spec.Name} has ofport {ofPort}, not {spec.OfPortRequest}: another port of the bridge has that number",
                    isTransient: false);
            }
        }
    }

    /// <summary>
    /// Another port with the same encapsulation and UDP port would take packets away from ours, or ours would not open ("File
    /// exists"), so this is said at start and by name (docs/architecture.md, overlay).
    /// </summary>
    private static void RefuseClash(OpenVSwitchView view, BridgeEvent.BridgeConfigured bridge)
    {
        var type = TypeOf(bridge.Overlay);
        foreach (var (name, other) in view.Bridges)
        {
            if (name == bridge.Bridge)
                continue;
            foreach (var port in view.PortsOf(name))
            {
                if (!view.Interfaces.TryGetValue(port.Name, out var device) || device.Type != type)
                    continue;
                var udpPort = device.Options.GetValueOrDefault("dst_port", bridge.Overlay == OverlayKind.Geneve ? "6081" : "4789");
                if (bridge.Overlay == OverlayKind.Gre || udpPort == Text(bridge.OverlayPort))
                {
                    throw new SwitchException($"set up bridge {bridge.Bridge}",
                        $"port {port.Name} of bridge {name} is a {type} tunnel{(bridge.Overlay == OverlayKind.Gre ? "" : $" on UDP port {udpPort}")} too, "
                        + "and Open vSwitch would mix up their packets; choose another --overlay-port or --overlay",
                        isTransient: false);
                }
            }
        }
    }

    private static PortSpec TunnelPort(BridgeEvent.BridgeConfigured bridge)
    {
        var options = ImmutableSortedDictionary<string, string>.Empty.Add("remote_ip", "flow").Add("key", "flow");
        if (bridge.Overlay != OverlayKind.Gre)
            options = options.Add("dst_port", Text(bridge.OverlayPort));
        return Own(bridge, bridge.TunnelPort) with
        {
            Type = TypeOf(bridge.Overlay), Options = options, OfPortRequest = bridge.TunnelOfPort.Value,
        };
    }

    private static PortSpec GatewayPort(BridgeEvent.BridgeConfigured bridge) => Own(bridge, bridge.Gateway) with
    {
        // Pinned, because a pod port with a smaller MTU would pull the gateway's down with it.
        Type = "internal", MtuRequest = bridge.MtuBytes, OfPortRequest = bridge.GatewayOfPort.Value,
    };

    private static PortSpec Own(BridgeEvent.BridgeConfigured bridge, InterfaceName name)
    {
        var ids = ImmutableSortedDictionary<string, string>.Empty.Add(ExternalIds.Owner, bridge.Bridge);
        return new PortSpec(name.Value) { PortExternalIds = ids, InterfaceExternalIds = ids };
    }

    private static bool Fits(InterfaceRow there, PortSpec spec) =>
        there.Type == spec.Type && there.OfPortRequest == spec.OfPortRequest && there.MtuRequest == spec.MtuRequest
        && Same(there.Options, spec.Options) && Same(there.Bfd, spec.Bfd);

    private static bool Same(ImmutableSortedDictionary<string, string> left, ImmutableSortedDictionary<string, string> right) =>
        left.Count == right.Count && left.All(o => right.GetValueOrDefault(o.Key) == o.Value);

    private static string TypeOf(OverlayKind overlay) => overlay switch
    {
        OverlayKind.Geneve => "geneve",
        OverlayKind.Gre => "gre",
        _ => "vxlan",
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task OpenBridgeAsync(string bridge, CancellationToken cancellationToken)
    {
        if (_openFlow is { Disconnected.IsCompleted: false })
            return;
        if (_openFlow is not null)
            await _openFlow.DisposeAsync();
        _openFlow = null;
        _openFlow = await OpenFlowConnection.ConnectAsync(
            $"unix:{runDirectory}/{bridge}.mgmt", time, null, cancellationToken);
        _ = WatchAsync(_openFlow);
    }

    private async Task WatchAsync(OpenFlowConnection connection)
    {
        await connection.Disconnected;
        if (ReferenceEquals(connection, _openFlow))
            Changed?.Invoke();
    }

    private async Task FollowAsync(OvsdbSubscription changes)
    {
        // Drain takes what it needs at once; this only waits for more.
        while (await changes.Events.WaitToReadAsync())
            Drain();
    }

    /// <summary>Takes in what OVSDB has told: everything that a commit changed is there when the commit completes.</summary>
    private void Drain()
    {
        if (_changes is null)
            return;
        var any = false;
        while (_changes.Events.TryRead(out var happened))
        {
            any = true;
            switch (happened)
            {
                case OvsdbMonitorEvent.Initial initial:
                    _ports!.Reset(initial.Snapshot);
                    break;
                case OvsdbMonitorEvent.Changed changed:
                    _ports!.Apply(changed.Changes);
                    break;
                case OvsdbMonitorEvent.Resynchronised resynchronised:
                    _ports!.Reset(resynchronised.Snapshot);
                    break;
                case OvsdbMonitorEvent.Lagged:
                    _ports!.Reset(_db!.Monitor.Snapshot);
                    break;
                case OvsdbMonitorEvent.ConnectionLost:
                    break;
            }
        }
        if (any)
            Changed?.Invoke();
    }
}
