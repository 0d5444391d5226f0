using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// Makes Open vSwitch agree with the newest <see cref="NodeState"/>: one transaction for the ports, one bundle for the flows, and
/// requests that arrive meanwhile are served together by the next pass.
/// </summary>
/// <remarks>
/// This is the only path by which ports and flows change, so a crash, a restart of Open vSwitch, a manual change and a lost message
/// are all repaired by it. Lives on the event loop.
/// </remarks>
public sealed partial class Reconciler
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ISwitch _switch;
    private readonly NodeFold _fold;
    private readonly IFlowPlan _plan;
    private readonly IEntityHost _host;
    private readonly TimeProvider _time;
    private readonly IReconcileObserver _observer;
    private readonly ReconcileWaiters _waiters;
    private readonly SwitchPatience _patience;
    private readonly AsyncSignal _wake = new();
    private readonly HashSet<InterfaceName> _links = [];
    private readonly Dictionary<InterfaceName, string> _refused = [];
    private readonly HashSet<(AttachmentId, int)> _flushed = [];
    private readonly HashSet<AttachmentId> _condemned = [];
    private bool _needsResync = true;
    private bool _wasInStep;
    private bool _hasRecorded;
    private bool _auditDue;
    private string _lastDrift = "";
    private bool _stopping;
    private Task _adding = Task.CompletedTask;
    private CancellationToken _running;
    private long _lostAt;
    private string _lostBecause = "the agent was not connected yet";

    public Reconciler(ISwitch ovs, NodeFold fold, IFlowPlan plan, IEntityHost host, TimeProvider time, IReconcileObserver observer)
    {
        _switch = ovs;
        _fold = fold;
        _plan = plan;
        _host = host;
        _time = time;
        _observer = observer;
        _lostAt = time.GetTimestamp();
        _waiters = new ReconcileWaiters(fold, ovs, this);
        _patience = new SwitchPatience(time, Loop);
        ovs.Changed = OnSwitchChanged;
    }

    /// <summary>What is known to be programmed.</summary>
    public ProgrammedFlows Programmed { get; } = new();

    /// <summary>The newest state that ports and flows agree with.</summary>
    public long ReconciledOrdering { get; private set; }

    /// <summary>Whether Open vSwitch has been brought in step since the session came up.</summary>
    public bool IsInStep => _switch.IsConnected && !_needsResync;

    /// <summary>Cancelled while Open vSwitch has been away for so long that nobody should wait for it any more.</summary>
    public CancellationToken SwitchOverdue => _patience.Overdue;

    /// <summary>Called on the loop after Open vSwitch was brought in step again: what it had learned is gone.</summary>
    public Action? Resynchronised { get; set; }

    /// <summary>Whether drift is repaired (the default) or only reported.</summary>
    public bool RepairsDrift { get; init; } = true;

    /// <summary>How often the bridge's flows are read and compared, although nothing happened.</summary>
    public TimeSpan AuditInterval { get; init; } = TimeSpan.FromSeconds(30);

    public void Wake() => _wake.Set();

    /// <summary>The host's end of an attachment exists: its port may be added.</summary>
    public void LinkAppeared(InterfaceName name)
    {
        _links.Add(name);
        _refused.Remove(name);
        // Not left to the next pass: a port is what Open vSwitch takes longest for, and a bundle may be under way just now.
        if (IsInStep)
            StartAdding();
        Wake();
    }

    public void LinkVanished(InterfaceName name)
    {
        _links.Remove(name);
        _refused.Remove(name);
    }

    /// <summary>
    /// Takes an attachment out of what is wanted although the journal can't say so yet: a DEL does not wait for the disk.
    /// </summary>
    public void Condemn(AttachmentId attachment)
    {
        _condemned.Add(attachment);
        Wake();
    }

    /// <summary>The journal has caught up with a condemned attachment.</summary>
    public void Absolve(AttachmentId attachment) => _condemned.Remove(attachment);

    internal bool IsCondemned(AttachmentId attachment) => _condemned.Contains(attachment);

    /// <summary>Why the port can't be added, or null.</summary>
    internal string? RefusalOf(InterfaceName name) => _refused.GetValueOrDefault(name);

    /// <summary>What is programmed for the attachment until <see cref="Attached"/> is recorded as this request's.</summary>
    public void Attaching(AttachmentId attachment, CorrelationId correlation, Causation? causation) =>
        _waiters.Attaching(attachment, correlation, causation);

    public void Attached(AttachmentId attachment, CorrelationId correlation) => _waiters.Attached(attachment, correlation);

    /// <summary>Completes once the attachment's port is open with its number and its flows are confirmed.</summary>
    /// <exception cref="SwitchException">Open vSwitch could not open the device.</exception>
    /// <exception cref="OperationCanceledException">The attachment is not wanted any more.</exception>
    public Task<SwitchPort> WhenForwardingAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        _waiters.WhenForwardingAsync(attachment, correlation, causation, cancellationToken);

    /// <summary>
    /// Completes once the attachment has neither flows nor connections any more: nothing passes its port, which may still be there.
    /// </summary>
    public Task WhenSilentAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        _waiters.WhenSilentAsync(attachment, correlation, causation, cancellationToken);

    /// <summary>Completes once nothing of the attachment is left in Open vSwitch.</summary>
    public Task WhenGoneAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        _waiters.WhenGoneAsync(attachment, correlation, causation, cancellationToken);

    /// <summary>Reads the bridge's flows and repairs what differs; completes after that.</summary>
    public async Task AuditAsync(CancellationToken cancellationToken)
    {
        var done = _waiters.NextAuditAsync(cancellationToken);
        _auditDue = true;
        Wake();
        await done;
    }

    /// <summary>Whether exactly the flows that were programmed for an owner are on the bridge; reads only those.</summary>
    public async Task<bool> HasFlowsOnBridgeAsync(PersistenceId owner, CancellationToken cancellationToken)
    {
        if (!Programmed.TryGet(owner, out var flows) || flows.IsEmpty)
            return false;
        var actual = await _switch.DumpFlowsAsync(flows[0].Flow.Cookie, cancellationToken);
        return FlowComparison.Of(actual, flows).IsEqual;
    }

    /// <summary>Whether the connections of a detaching attachment's addresses have been forgotten.</summary>
    internal bool HasFlushed(AttachmentId attachment) =>
        !_fold.State.Ports.TryGetValue(attachment, out var port) || port.Stage != PortStage.Unplumbing && !IsCondemned(attachment)
        || _flushed.Contains((attachment, port.Request!.Attempt));

    /// <summary>Reconciles until cancelled.</summary>
    /// <exception cref="SwitchException">
    /// Open vSwitch's configuration leaves no room for the bridge, and this agent has not worked with it before: only an operator
    /// can change that. The same at a later time is tried again, because what forwards must go on.
    /// </exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var audit = _time.CreateTimer(static self => ((Reconciler)self!).AuditLater(), this, AuditInterval, AuditInterval);
        // What is lost while the agent itself goes away is no news.
        await using var stopping = cancellationToken.Register(static self => ((Reconciler)self!)._stopping = true, this);
        _running = cancellationToken;
        _patience.Lost();
        var pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                if (_fold.State.Bridge.Configured is { } bridge)
                {
                    await PassAsync(bridge, cancellationToken);
                    pause = TimeSpan.FromMilliseconds(50);
                }
                await _wake.WaitAsync(cancellationToken);
            }
            catch (SwitchException e) when (e.IsTransient || _wasInStep)
            {
                _observer.PassFailed(e.Operation, e.Message);
                Lost(e.Message);
                await Task.Delay(pause, _time, cancellationToken);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
    }

    private SynchronizationContext Loop { get; } = SynchronizationContext.Current
        ?? throw new InvalidOperationException("a reconciler is made on the event loop that it is to run on");

    // Timers ring on any thread.
    private void AuditLater() => Loop.Post(static self =>
    {
        var reconciler = (Reconciler)self!;
        reconciler._auditDue = true;
        reconciler.Wake();
    }, this);

    private void OnSwitchChanged()
    {
        if (!_switch.IsConnected)
            Lost("the connection to Open vSwitch was lost");
        TellOfPaths();
        _waiters.Settle();
        Wake();
    }

    private void Lost(string reason)
    {
        if (!_needsResync && !_stopping)
        {
            _lostAt = _time.GetTimestamp();
            _lostBecause = reason;
            _observer.SwitchLost(reason);
            RecordLife(new NodeEvent.SwitchLost(reason));
        }
        _needsResync = true;
        _patience.Lost();
    }

    private async Task PassAsync(BridgeEvent.BridgeConfigured bridge, CancellationToken cancellationToken)
    {
        var resynced = false;
        if (!_switch.IsConnected || _needsResync)
        {
            await _switch.ConnectAsync(bridge, cancellationToken);
            await ResyncAsync(bridge, cancellationToken);
            resynced = true;
        }
        else if (_auditDue)
        {
            await CompareAsync(bridge, _plan.For(Wanted()), recordsDrift: true, "drift", cancellationToken);
        }
        // Whoever had the name may have let go of it.
        if (resynced || _auditDue)
            _refused.Clear();
        // What arrives while this pass runs is for the next one; what it saw at its start is what it vouches for.
        var state = Wanted();
        StartAdding();
        await ChangeFlowsAsync(bridge, state, cancellationToken);
        await FlushConnectionsAsync(bridge, state, cancellationToken);
        _waiters.Settle();
        await FinishAddingAsync();
        await RemovePortsAsync(state, cancellationToken);
        await WatchPathsAsync(bridge, state, resynced || _auditDue, cancellationToken);
        ReconciledOrdering = state.Ordering;
        _waiters.Settle();
        if (_auditDue || resynced)
        {
            _auditDue = false;
            _waiters.AuditDone();
        }
        if (resynced)
        {
            _wasInStep = true;
            Back();
        }
    }

    /// <summary>The newest state, condemned attachments on their way out in it.</summary>
    private NodeState Wanted()
    {
        var state = _fold.State;
        foreach (var attachment in _condemned)
        {
            if (state.Ports.TryGetValue(attachment, out var port) && port.IsWanted)
                state = state with { Ports = state.Ports.SetItem(attachment, port with { Stage = PortStage.Unplumbing }) };
        }
        return state;
    }

    private void Back()
    {
        var outage = _time.GetElapsedTime(_lostAt);
        _observer.SwitchBack(_switch.Ports.Count, Programmed.Count, outage);
        RecordLife(new NodeEvent.SwitchRecovered(_switch.Ports.Count, Programmed.Count, outage));
        Resynchronised?.Invoke();
    }

    /// <summary>Ports are added beside the pass; a failure is met by the pass that waits for them.</summary>
    private void StartAdding()
    {
        if (_adding.IsCompletedSuccessfully)
            _adding = AddPortsAsync();
    }

    private async Task FinishAddingAsync()
    {
        var adding = _adding;
        try
        {
            await adding;
        }
        finally
        {
            // Another may have begun meanwhile.
            if (ReferenceEquals(_adding, adding))
                _adding = Task.CompletedTask;
        }
    }

    private async Task AddPortsAsync()
    {
        var asked = new HashSet<InterfaceName>();
        // Links that appear while a transaction is under way go into the next one together.
        while (MissingPorts(asked) is { Length: > 0 } missing)
        {
            asked.UnionWith(missing.Select(p => p.Name));
            foreach (var (name, reason) in await _switch.AddPortsAsync(missing, _running))
                _refused[name] = reason;
        }
    }

    private ImmutableArray<WantedPort> MissingPorts(HashSet<InterfaceName> asked) =>
        [.. Wanted().Ports.Values
            .Where(p => p.IsWanted && p.OfPort is not null && _links.Contains(p.Request!.HostInterface)
                && !_switch.Ports.ContainsKey(p.Request.HostInterface) && !asked.Contains(p.Request.HostInterface)
                && !_refused.ContainsKey(p.Request.HostInterface))
            .Select(p => new WantedPort(p.Request!.HostInterface, p.Request.Attachment, p.OfPort!.Value, p.Request.Mac, p.Request.Pod,
                PortRecord.Of(p, _fold.State).Encode()))];

    private async Task ChangeFlowsAsync(BridgeEvent.BridgeConfigured bridge, NodeState state, CancellationToken cancellationToken)
    {
        var change = Programmed.ChangeTo(_plan.For(state));
        if (change.IsEmpty)
        {
            Programmed.Confirm(change);
            return;
        }
        var sent = _time.GetUtcNow();
        var (removed, added) = Programmed.ToSend(change);
        await _switch.ChangeFlowsAsync(removed, added, cancellationToken);
        Programmed.Confirm(change);
        var (correlation, causation) = _waiters.CauseOf(change.Owners);
        Record(bridge, new FlowEvent.FlowsChanged(
            [.. change.Removed.Select(f => f.Text.Id)], [.. change.Added.Select(f => f.Text.Id)],
            Reason(change), sent, _time.GetUtcNow())
        {
            // Those of removed flows too: the append that brought them may be compacted away before this one is.
            Texts = [.. change.Added.Concat(change.Removed).Select(f => (f.Text.Id, f.Text.Text))],
        }, correlation, causation);
    }

    private static string Reason(FlowChange change) =>
        change.Owners.Length <= 3 ? string.Join(", ", change.Owners) : $"{change.Owners[0]} and {change.Owners.Length - 1} others";

    private async Task FlushConnectionsAsync(BridgeEvent.BridgeConfigured bridge, NodeState state, CancellationToken cancellationToken)
    {
        // After the flows are gone and before the port is: a new holder of the address must not inherit a connection.
        foreach (var port in state.Ports.Values.Where(p => p.Stage == PortStage.Unplumbing))
        {
            var key = (port.Request!.Attachment, port.Request.Attempt);
            if (_flushed.Contains(key))
                continue;
            // A network's last port is flushed before the node leaves it; without the network there is no zone either.
            if (state.ZoneOf(port, bridge) is { } zone)
            {
                await Task.WhenAll(port.Addresses.Select(a => _switch.FlushConnectionsAsync(zone, a.Address, cancellationToken)));
            }
            _flushed.Add(key);
        }
        _flushed.RemoveWhere(f => !state.Ports.ContainsKey(f.Item1));
    }

    private async Task RemovePortsAsync(NodeState state, CancellationToken cancellationToken)
    {
        // A port that this pass does not know of may have been added beside it.
        var newest = Wanted();
        var extra = _switch.Ports.Values
            .Where(p => p.Attachment is { } a && !IsWantedIn(state, a) && !IsWantedIn(newest, a))
            .Select(p => p.Name)
            .ToImmutableArray();
        if (extra.Length > 0)
            await _switch.RemovePortsAsync(extra, cancellationToken);
    }

    private static bool IsWantedIn(NodeState state, AttachmentId attachment) =>
        state.Ports.TryGetValue(attachment, out var port) && port.IsWanted;

    private void Record(BridgeEvent.BridgeConfigured bridge, FlowEvent e, CorrelationId correlation, Causation? causation) =>
        _host.Tell(FlowRecorder.Id(bridge.Bridge), new FlowRecorder.Record(e), correlation, causation);

    private void RecordLife(NodeEvent e)
    {
        if (_fold.State.Agent is { } agent)
            _host.Tell(NodeLife.Id(agent.Node), new NodeLife.Record(e), CorrelationId.None);
    }
}
