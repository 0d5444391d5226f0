using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Node;

/// <summary>
/// The node's control plane without its surroundings: entities, fold, reconciler, recovery, CNI service. What it drives (kernel,
/// Open vSwitch, journal, clock) is given to it, so the simulation runs this very class.
/// </summary>
/// <remarks>Made and used on one event loop.</remarks>
public sealed class NodeCore : IDisposable
{
    private static readonly TimeSpan OrphanCheckInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CompactionInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan WarmInterval = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan CatchUpInterval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan JournalProbeInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MeshWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(2);

    private readonly NodeParameters _node;
    private readonly INodeJournal _journal;
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly long _incarnation;
    private readonly Recovery _recovery;
    private readonly Rebuild _rebuild;
    private readonly DetachWithoutJournal _withoutJournal;
    private (ImmutableArray<Cidr> Cidrs, CorrelationId Correlation, Causation? Cause)? _adopting;
    private ImmutableArray<Cidr>? _clusterCidrs;
    private object? _networksSeen;

    public NodeCore(NodeParameters node, long incarnation, INodeJournal journal, HlcClock clock, IKernel kernel, ISwitch ovs,
        TimeProvider time, AgentLog log)
    {
        _node = node;
        _incarnation = incarnation;
        _journal = journal;
        _time = time;
        _log = log;
        Fold = new NodeFold(journal, NodeEvents.Catalog, clock);
        Host = new EntityHost(
            new HostOptions { Writer = node.Options.NodeName.Value, Incarnation = incarnation, SnapshotEvery = node.SnapshotEvery },
            NodeEvents.Catalog, clock, time, log);
        Register();
        Plan = new FlowPlan();
        Reconciler = new Reconciler(ovs, Fold, Plan, Host, time, log)
        {
            RepairsDrift = node.Options.RepairsDrift,
            WatchesPaths = node.Options.UsesBfd,
            Resynchronised = () =>
            {
                // The gateway device is a port of Open vSwitch, which may have made it anew.
                Gateway!.Repeat();
                WarmNeighbours();
            },
        };
        Gateway = new GatewayKeeper(kernel, Fold, Reconciler, node, time, log);
        Host.Driver = new PortPlumber(kernel, Reconciler, Fold, Sandboxes, Host, time, log);
        Fold.Changed = () =>
        {
            log.JournalFault = null;
            Reconciler.Wake();
            Gateway.Wake();
            if (!ReferenceEquals(_networksSeen, Fold.State.Networks))
            {
                _networksSeen = Fold.State.Networks;
                NetworksChanged?.Invoke();
            }
        };
        Networks = new NetworkKeeper(node, Fold, Host, () => journal.LastOrdering, time, log);
        _recovery = new Recovery(Fold, Host, kernel, Reconciler, log);
        Standing = new ClusterStanding(node, Host, Fold, time);
        Readiness = new AgentReadiness(Fold, Reconciler, Gateway, Standing, log, node);
        _withoutJournal = new DetachWithoutJournal(Fold, Reconciler, kernel, Sandboxes, Host, time, log);
        _rebuild = new Rebuild(ovs, kernel, Host, node, time, log);
        Cni = new CniService(
            Host, Fold, Reconciler, ovs, kernel, Sandboxes, _withoutJournal, Settings, Readiness.Now, Networks, time);
        log.OnClockStepped = by => RecordLife(new NodeEvent.ClockStepped(by));
        // The record stream keeps trying, and its first success tells everybody that the disk answers again.
        log.OnJournalFault = reason => RecordLife(new NodeEvent.JournalUnwritable(reason));
    }

    /// <summary>
    /// Whether the store has confirmed this node's blocks since the machine booted; null asks the journal alone, which can't tell
    /// when the agent died between its start and the confirmation.
    /// </summary>
    public Func<bool>? IsBootConfirmed { get; set; }

    /// <summary>Whether the cluster has told which peers there are.</summary>
    public Func<bool> IsMeshKnown { get; set; } = () => false;

    public EntityHost Host { get; }

    public NodeFold Fold { get; }

    public FlowPlan Plan { get; }

    public Reconciler Reconciler { get; }

    public GatewayKeeper Gateway { get; }

    /// <summary>What the cluster says of this node.</summary>
    public ClusterStanding Standing { get; }

    public Sandboxes Sandboxes { get; } = new();

    /// <summary>The virtual networks that this node's pods are on.</summary>
    public NetworkKeeper Networks { get; }

    /// <summary>Called on the loop when this node has joined a virtual network or left one.</summary>
    public Action? NetworksChanged { get; set; }

    public AgentReadiness Readiness { get; }

    public CniService Cni { get; }

    /// <summary>Reads the journal. Then <see cref="RunAsync"/>.</summary>
    /// <exception cref="JournalException">It is damaged.</exception>
    /// <exception cref="AgentException">It holds what only a newer version knows.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await Fold.LoadAsync(cancellationToken);
        if (Fold.StoppedAt is { } stop)
            throw new AgentException($"{stop}; install the version that wrote it, or a newer one");
    }

    /// <summary>Recovers, then keeps everything in step until cancelled.</summary>
    /// <param name="replaced">The event of a journal that had to be replaced, if there was one.</param>
    /// <param name="recovered">Called once ADD may be served as far as recovery is concerned.</param>
    public async Task RunAsync(NodeEvent.JournalReplaced? replaced, Action recovered, CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A node that has never run asks the store for its blocks anyway.
        var isKnown = Fold.State.Agent is not null;
        var newBoot = Fold.State.Agent is { } before && before.BootId != _node.BootId;
        var folding = Fold.RunAsync(term.Token);
        RecordLife(new NodeEvent.AgentStarted(
            _node.Options.NodeName, _node.NodeUid, _incarnation, _node.Version, _node.BootId, newBoot));
        Readiness.NeedsConfirmation = isKnown && !(IsBootConfirmed?.Invoke() ?? !newBoot);
        if (replaced is not null)
        {
            RecordLife(replaced);
            await _rebuild.RunAsync(term.Token);
            await Fold.WhenFoldedAsync(_journal.LastOrdering, term.Token);
        }
        await _recovery.RunAsync(_node.BootId, term.Token);
        // What the journal knows holds until the cluster says otherwise: pods attach also while the store is gone.
        if (!Fold.State.PodCidrs.IsEmpty)
            await AdoptAsync(Fold.State.PodCidrs, CorrelationId.None, null);
        Readiness.HasRecovered = true;
        recovered();
        if (replaced is not null)
            await WaitForMeshAsync(term.Token);
        await Together.RunAsync(
            [
                folding,
                Reconciler.RunAsync(term.Token),
                Gateway.RunAsync(term.Token),
                Networks.RunAsync(term.Token),
                EveryAsync(JournalProbeInterval, () => RetryJournalAsync(term.Token), term.Token),
                EveryAsync(OrphanCheckInterval, () => _recovery.LookForOrphansAsync(term.Token), term.Token),
                EveryAsync(CompactionInterval, () => CompactAsync(Retention.Default, term.Token), term.Token),
                EveryAsync(CatchUpInterval, _withoutJournal.CatchUpAsync, term.Token),
                EveryAsync(WarmInterval, () => WarmAllAsync(), term.Token),
            ], term);
    }

    /// <summary>Says in the journal that the agent stops, and stores a snapshot, so that the next start is quick.</summary>
    public async Task StopAsync(string reason)
    {
        await Host.AskAsync(NodeLife.Id(_node.Options.NodeName), new NodeLife.Record(new NodeEvent.AgentStopped(reason)),
            new AskContext(CorrelationId.None, TimeSpan.FromSeconds(2)));
        try
        {
            await Fold.SaveSnapshotAsync(CancellationToken.None);
        }
        catch (JournalException e)
        {
            _log.Warn($"no snapshot at the end, the next start reads more: {e.Message}");
        }
    }

    /// <summary>All pods' addresses: what the cluster says, before that what the journal does, at the first start the options.</summary>
    public ImmutableArray<Cidr> ClusterCidrs
    {
        get => _clusterCidrs ?? Fold.State.Bridge.Configured?.ClusterCidrs ?? _node.Options.ClusterCidrs;
        set => _clusterCidrs = value;
    }

    /// <summary>
    /// Opens the pools on the node's blocks and configures the bridge with them. Repeating it changes nothing; what the journal
    /// declines now is done as soon as it can be written.
    /// </summary>
    public async Task AdoptAsync(ImmutableArray<Cidr> cidrs, CorrelationId correlation, Causation? cause)
    {
        _adopting = (cidrs, correlation, cause);
        if (!Fold.State.PodCidrs.SequenceEqual(cidrs))
        {
            _log.Info($"pod CIDR {string.Join(", ", cidrs)}");
            Host.Tell(NodeLife.Id(_node.Options.NodeName), new NodeLife.Record(new NodeEvent.PodCidrsAdopted(cidrs)), correlation, cause);
            ReportStranded(cidrs, correlation, cause);
        }
        var context = new AskContext(correlation, AskWithin, cause);
        foreach (var cidr in cidrs)
            Report(await Host.AskAsync(AddressPool.Id(_node.Network, cidr.IsV6), new AddressPool.Command.Open(cidr), context));
        Report(await Host.AskAsync(
            Bridge.Id(_node.Options.Bridge.Value), new Bridge.Command.Configure(_node.BridgeFor(cidrs, ClusterCidrs)), context));

        void Report(AskResult result)
        {
            if (result is not AskResult.Replied)
                _log.Warn($"pod CIDR {string.Join(", ", cidrs)} could not be adopted: {result}");
        }
    }

    /// <summary>Drops the journal's oldest events that go beyond a retention; nothing that the fold has not stored yet.</summary>
    /// <exception cref="JournalException">The journal can't be written.</exception>
    public async Task CompactAsync(Retention retention, CancellationToken cancellationToken)
    {
        await Fold.SaveSnapshotAsync(cancellationToken);
        var live = Fold.State.Flows.Programmed.ToHashSet();
        var report = await _journal.CompactAsync(retention, Fold.SnapshotOrdering, live, _time.GetUtcNow(), cancellationToken);
        // A stream that was not in use since before its last event has no snapshot: recovered, it leaves one when it passivates.
        if (report.HeldBy is { } held && Host.Knows(held))
            Host.Activate(held);
        if (report.DroppedEvents > 0 || report.HeldEvents > 0)
            _log.Info($"journal compacted: {report}");
    }

    /// <summary>The cluster took the blocks back: no pod gets an address of them any more; those that have one keep it.</summary>
    public Task WithdrawAsync(string reason, Causation? cause)
    {
        var cidrs = Fold.State.PodCidrs;
        _adopting = null;
        if (cidrs.IsEmpty)
            return Task.CompletedTask;
        _log.Warn($"pod CIDR {string.Join(", ", cidrs)} is no longer this node's: {reason}");
        Host.Tell(NodeLife.Id(_node.Options.NodeName), new NodeLife.Record(new NodeEvent.PodCidrsWithdrawn(cidrs, reason)),
            CorrelationId.None, cause);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Gives the blocks of a drained node without attachments up, on disk before it says so: what the cluster frees then, this node
    /// does not use after a restart either.
    /// </summary>
    /// <returns>Whether nothing here uses them any more.</returns>
    public async Task<bool> TryLeaveAsync()
    {
        if (!Standing.IsDrained || !Fold.State.Ports.IsEmpty)
            return false;
        _adopting = null;
        foreach (var network in Fold.State.Networks.Keys.ToList())
        {
            if (!await Networks.LeaveAsync(network, "drained, and the agent leaves"))
                return false;
        }
        foreach (var pool in _node.PoolsFor(Fold.State.PodCidrs))
        {
            // The pool decides: an ADD that is under way holds an address, or finds the pool closed.
            if (await Host.AskAsync(pool, new AddressPool.Command.Close("drained, and the agent leaves"),
                    new AskContext(CorrelationId.None, LeaveWithin)) is not AskResult.Replied and var answer)
            {
                _log.Warn($"the node keeps its pod CIDR: {answer}");
                return false;
            }
        }
        return true;
    }

    public void Dispose() => Host.Dispose();

    private CniSettings Settings() => new(_node.Options.Bridge.Value, _node.Network, _node.MtuBytes, _node.BootId,
        _node.PoolsFor(Fold.State.PodCidrs));

    private void Register()
    {
        Host.Register(new Port(), _journal);
        Host.Register(new AddressPool(), _journal);
        Host.Register(new Bridge(), _journal);
        Host.Register(new Tunnel(), _journal);
        Host.Register(new NodeNetworks(), _journal);
        Host.Register(new FlowRecorder(), _journal);
        Host.Register(new NodeLife(), _journal);
        Host.Register(new ClusterObserver(), _journal);
    }

    private void RecordLife(NodeEvent e) =>
        Host.Tell(NodeLife.Id(_node.Options.NodeName), new NodeLife.Record(e), CorrelationId.None);

    private void ReportStranded(ImmutableArray<Cidr> cidrs, CorrelationId correlation, Causation? cause)
    {
        if (Fold.State.StrandedBy(cidrs) is not { IsEmpty: false } stranded)
            return;
        var e = new NodeEvent.AttachmentsStranded(stranded, cidrs);
        _log.Warn(e.Describe());
        Host.Tell(NodeLife.Id(_node.Options.NodeName), new NodeLife.Record(e), correlation, cause);
    }

    private async Task EveryAsync(TimeSpan interval, Func<Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(interval, _time, cancellationToken);
            try
            {
                await work();
            }
            catch (Exception e) when (e is KernelException or JournalException)
            {
                _log.Warn(e.Message);
            }
        }
    }

    /// <summary>
    /// A lost journal knows no peers, and the first pass would remove their flows: so it waits for the mesh, for as long as a store
    /// that answers needs.
    /// </summary>
    private async Task WaitForMeshAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (!IsMeshKnown() && _time.GetElapsedTime(started) < MeshWithin)
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken);
    }

    private async Task RetryJournalAsync(CancellationToken cancellationToken)
    {
        await ProbeJournalAsync(cancellationToken);
        await FinishAdoptionAsync();
    }

    /// <summary>
    /// Judged by the fold, since the block itself goes into a record stream, which goes on without having written it.
    /// </summary>
    private async Task FinishAdoptionAsync()
    {
        if (_adopting is not { } adopting)
            return;
        var state = Fold.State;
        if (state.PodCidrs.SequenceEqual(adopting.Cidrs)
            && state.Bridge.Configured is { } bridge && bridge.PodCidrs.SequenceEqual(adopting.Cidrs)
            && bridge.ClusterCidrs.SequenceEqual(ClusterCidrs)
            && adopting.Cidrs.All(c => state.Pools.GetValueOrDefault(AddressPool.Id(_node.Network, c.IsV6))?.Cidr == c))
            _adopting = null;
        else
            await AdoptAsync(adopting.Cidrs, adopting.Correlation, adopting.Cause);
    }

    /// <summary>
    /// A node that refuses ADD because its journal could not be written has nothing to write, so nothing would ever show that it
    /// can be written again.
    /// </summary>
    private async Task ProbeJournalAsync(CancellationToken cancellationToken)
    {
        if (_log.JournalFault is null)
            return;
        try
        {
            await Fold.SaveSnapshotAsync(cancellationToken);
            _log.JournalFault = null;
        }
        catch (JournalException e)
        {
            // Still so; it was reported when it began.
            _log.JournalFault = e.Message;
        }
    }

    private Task WarmAllAsync()
    {
        WarmNeighbours();
        return Task.CompletedTask;
    }

    // Open vSwitch and the kernel forget neighbours that are not used; the next packet to them would be late or lost.
    private void WarmNeighbours()
    {
        foreach (var (peer, tunnel) in Fold.State.Tunnels)
        {
            foreach (var vtep in tunnel.Vteps)
                Host.Driver!.Start(new DriverRequest(Tunnel.Id(peer), new DriverCall.WarmNeighbour(vtep), CorrelationId.None, null, 0));
        }
    }
}
