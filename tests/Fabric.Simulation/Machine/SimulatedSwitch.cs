using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Simulation;

/// <summary>Open vSwitch as one agent reaches it: what it hears of ports is late, and a session can end at any time.</summary>
internal sealed class SimulatedSwitch : ISwitch
{
    private readonly SimulationRun _run;
    private readonly SimulatedProcess _process;
    private readonly SimulatedMachine _machine;
    private readonly SwitchState _state;
    private int _generation = -1;

    public SimulatedSwitch(SimulationRun run, SimulatedProcess process, SimulatedMachine machine)
    {
        _run = run;
        _process = process;
        _machine = machine;
        _state = machine.Switch;
        _state.Attend(this);
    }

    public bool IsAlive => _process.IsAlive;

    public bool IsConnected { get; private set; }

    public ImmutableSortedDictionary<InterfaceName, SwitchPort> Ports { get; private set; } =
        ImmutableSortedDictionary<InterfaceName, SwitchPort>.Empty;

    public ImmutableSortedSet<string> ForeignPorts => _generation < 0
        ? []
        : [.. _state.Rows.Values.Where(r => r.IsForeign).Select(r => r.Name)];

    public ImmutableSortedDictionary<NodeName, PeerPath> Paths { get; private set; } = ImmutableSortedDictionary<NodeName, PeerPath>.Empty;

    public Action? Changed { get; set; }

    public async Task ConnectAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        await StepAsync("connect", cancellationToken);
        for (var waited = 0; !_state.IsRunning; waited++)
        {
            if (waited == 20)
                throw new SwitchException("connect", "no answer within 10 s", isTransient: true);
            await Task.Delay(TimeSpan.FromMilliseconds(500), _process.Time, cancellationToken);
        }
        foreach (var (name, ofPort) in new[] { (bridge.Gateway, bridge.GatewayOfPort), (bridge.TunnelPort, bridge.TunnelOfPort) })
        {
            if (!_state.Rows.ContainsKey(name.Value))
                _state.Add(name.Value, null, ofPort.Value);
            await WhenOpenAsync(name.Value, ofPort.Value, cancellationToken);
        }
        await StepAsync("open the bridge", cancellationToken);
        _generation = _state.Generation;
        IsConnected = true;
        Refresh();
    }

    public async Task<ImmutableArray<string>> ReadPortRecordsAsync(string bridge, CancellationToken cancellationToken)
    {
        await StepAsync("read port records", cancellationToken);
        return [.. _state.Rows.Values.Where(r => r.Record.Length > 0).Select(r => r.Record)];
    }

    public async Task<ImmutableSortedDictionary<InterfaceName, string>> AddPortsAsync(
        ImmutableArray<WantedPort> ports, CancellationToken cancellationToken)
    {
        await StepAsync("add ports", cancellationToken);
        RequireDatabase("add ports");
        var refused = ImmutableSortedDictionary<InterfaceName, string>.Empty;
        foreach (var port in ports)
        {
            if (!_state.Rows.TryGetValue(port.Name.Value, out var there))
                _state.Add(port.Name.Value, port.Attachment, port.OfPort.Value, record: port.Record);
            else if (there.IsForeign)
                refused = refused.Add(port.Name, $"there is a foreign port {port.Name}");
        }
        await AnswerAsync("add ports", cancellationToken);
        Refresh();
        Changed?.Invoke();
        return refused;
    }

    public async Task RemovePortsAsync(ImmutableArray<InterfaceName> ports, CancellationToken cancellationToken)
    {
        foreach (var name in ports)
        {
            await StepAsync("remove port", cancellationToken);
            RequireDatabase("remove port");
            if (_state.Rows.TryGetValue(name.Value, out var row) && !row.IsForeign)
                _state.Remove(name.Value);
            await AnswerAsync("remove port", cancellationToken);
        }
        Refresh();
        Changed?.Invoke();
    }

    public async Task<bool> WatchPathsAsync(ImmutableArray<WantedPath> paths, CancellationToken cancellationToken)
    {
        await StepAsync("watch paths", cancellationToken);
        RequireDatabase("watch paths");
        var isDone = _state.Watch(paths);
        await AnswerAsync("watch paths", cancellationToken);
        Refresh();
        Changed?.Invoke();
        return isDone;
    }

    public async Task ChangeFlowsAsync(ImmutableArray<Flow> removed, ImmutableArray<Flow> added, CancellationToken cancellationToken)
    {
        await StepAsync("change flows", cancellationToken);
        RequireSession("change flows");
        if (added.FirstOrDefault(f => f.Actions.OfType<GroupAction>().Any(a => !_state.Groups.ContainsKey(a.Id))) is { } refused)
            throw new SwitchException("change flows", $"{refused}: OFPBAC_BAD_OUT_GROUP", isTransient: false);
        _state.Change(removed, added);
        _process.Note($"flows: {removed.Length} removed, {added.Length} added");
        await AnswerAsync("change flows", cancellationToken);
        RequireSession("change flows");
    }

    public async Task<ImmutableArray<Flow>> DumpFlowsAsync(ulong? cookie, CancellationToken cancellationToken)
    {
        await StepAsync("read flows", cancellationToken);
        RequireSession("read flows");
        ImmutableArray<Flow> flows = [.. _state.Flows.Values.Where(f => cookie is null || f.Cookie == cookie)];
        await AnswerAsync("read flows", cancellationToken);
        RequireSession("read flows");
        return flows;
    }

    public async Task<ImmutableArray<GroupDescription>> DumpGroupsAsync(CancellationToken cancellationToken)
    {
        await StepAsync("read groups", cancellationToken);
        RequireSession("read groups");
        ImmutableArray<GroupDescription> groups = [.. _state.Groups.Values];
        await AnswerAsync("read groups", cancellationToken);
        RequireSession("read groups");
        return groups;
    }

    public async Task DeleteGroupAsync(uint group, CancellationToken cancellationToken)
    {
        await StepAsync("delete group", cancellationToken);
        RequireSession("delete group");
        _state.DeleteGroup(group);
        await AnswerAsync("delete group", cancellationToken);
        RequireSession("delete group");
    }

    public async Task FlushConnectionsAsync(int zone, IpAddress address, CancellationToken cancellationToken)
    {
        await StepAsync("flush", cancellationToken);
        RequireSession("flush");
        _state.Flush(zone, address.ToString());
        _process.Note($"connections of {address} in zone {zone} flushed");
        await AnswerAsync("flush", cancellationToken);
    }

    /// <summary>The database's and the session's news arrive some time later.</summary>
    public void HearLater(bool lost)
    {
        var generation = _generation;
        _ = _process.Run(async () =>
        {
            await Task.Delay(_run.Random.UpTo(TimeSpan.FromMilliseconds(20)), _process.Time);
            if (lost && IsConnected && generation == _generation)
                Disconnect();
            Refresh();
            Changed?.Invoke();
        });
    }

    private async Task WhenOpenAsync(string name, int ofPort, CancellationToken cancellationToken)
    {
        for (var waited = 0; _state.Rows.GetValueOrDefault(name)?.OfPort is null; waited++)
        {
            if (waited == 1000)
                throw new SwitchException("connect", "no answer within 10 s", isTransient: true);
            await Task.Delay(TimeSpan.FromMilliseconds(10), _process.Time, cancellationToken);
        }
        if (_state.Rows[name].OfPort is { } given && given != ofPort)
            throw new SwitchException("connect", $"port {name} has ofport {given}, not {ofPort}", isTransient: false);
    }

    private void Refresh()
    {
        Paths = _state.Paths;
        Ports = PortsOf(_state);
    }

    private static ImmutableSortedDictionary<InterfaceName, SwitchPort> PortsOf(SwitchState state) =>
        state.Rows.Values.Where(r => !r.IsForeign).ToImmutableSortedDictionary(
        r => new InterfaceName(r.Name),
        r => new SwitchPort(new InterfaceName(r.Name), r.Attachment, r.OfPort is { } n ? new Fabric.Messages.OfPort((ushort)n) : null,
            r.Failed ? "could not open network device (No such device)" : null, r.Uuid));

    // The database is there also while ovs-vswitchd is not.
    private void RequireDatabase(string operation)
    {
        if (_generation < 0)
            throw new SwitchException(operation, "not connected to Open vSwitch's database", isTransient: true);
    }

    private void Disconnect()
    {
        IsConnected = false;
        _process.Note("the switch's session is lost");
    }

    private void RequireSession(string operation)
    {
        if (_generation == _state.Generation && IsConnected)
            return;
        Disconnect();
        throw new SwitchException(operation, "connection reset", isTransient: true);
    }

    private async Task StepAsync(string operation, CancellationToken cancellationToken)
    {
        _run.Loop.AssertOnLoop(operation);
        _machine.StepTaken($"switch {operation}");
        await Task.Delay(_run.Random.UpTo(_machine.Faults.SlowestCall), _process.Time, cancellationToken);
        if (!_run.Random.Chance(_machine.Faults.SwitchFails))
            return;
        _process.Note($"switch: {operation} fails");
        throw new SwitchException(operation, "simulated failure", isTransient: true);
    }

    private async Task AnswerAsync(string operation, CancellationToken cancellationToken)
    {
        _machine.StepTaken($"switch {operation} answer");
        await Task.Delay(_run.Random.UpTo(_machine.Faults.SlowestCall), _process.Time, cancellationToken);
        if (!_run.Random.Chance(_machine.Faults.AnswerLost))
            return;
        Disconnect();
        Changed?.Invoke();
        throw new SwitchException(operation, "the connection was lost", isTransient: true);
    }
}
