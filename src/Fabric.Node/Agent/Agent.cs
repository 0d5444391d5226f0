using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Linux.State;
using Fabric.Linux.Unix;
using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Node;

/// <summary>The node's agent: everything put together, started in order, and stopped without touching what forwards.</summary>
public sealed class Agent(NodeOptions options, string version, AgentLog log, TimeProvider time)
{
    private static readonly TimeSpan OrphanCheckInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CompactionInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan WarmInterval = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(30);

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="AgentException">It can't start, or must stop; the message is for the operator.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var directory = OpenStateDirectory();
        var node = Parameters(directory);
        await using var loop = new EventLoop("fabric", e => log.Error("unexpected failure on the event loop", e));
        var (journal, replaced) = JournalFile.Open(directory.JournalPath, time, log);
        await using var _ = journal;
        // From here on everything that holds state lives on the loop.
        await loop.RunAsync(() => RunOnLoopAsync(loop, directory, node, journal, replaced, cancellationToken));
    }

    private async Task RunOnLoopAsync(EventLoop loop, StateDirectory directory, NodeParameters node, SqliteNodeJournal journal,
        NodeEvent.JournalReplaced? replaced, CancellationToken cancellationToken)
    {
        var clock = new HlcClock(time, default);
        var fold = new NodeFold(journal, NodeEvents.Catalog, clock);
        await fold.LoadAsync(cancellationToken);
        if (fold.StoppedAt is { } stop)
            throw new AgentException($"{stop}; install the version that wrote it, or a newer one");
        var newBoot = fold.State.Agent is { } before && before.BootId != node.BootId;
        using var host = new EntityHost(
            new HostOptions { Writer = options.NodeName.Value, Incarnation = directory.Incarnation }, NodeEvents.Catalog, clock, time, log);
        Register(host, journal);
        log.OnClockStepped = by => RecordLife(host, new NodeEvent.ClockStepped(by));
        using var kernel = new LinuxKernel(options.DatapathType == "netdev", log.Warn);
        await using var ovs = new OvsSwitch(options.OvsDb, options.OvsRunDir, time, log.Warn);
        var reconciler = new Reconciler(ovs, fold, new FlowPlan(), host, time, log) { RepairsDrift = options.RepairsDrift };
        var gateway = new GatewayKeeper(kernel, fold, reconciler, node, time, log);
        Task warm() => WarmAsync(host, fold);
        reconciler.Resynchronised = () => _ = warm();
        var sandboxes = new Sandboxes();
        host.Driver = new PortPlumber(kernel, reconciler, fold, sandboxes, host, time, log);
        fold.Changed = () =>
        {
            log.JournalFault = null;
            reconciler.Wake();
            gateway.Wake();
        };
        await using var store = ClusterStoreUri.Parse(options.ClusterStore).Open(time);
        var cluster = new ClusterLink(store, node, directory.Incarnation, host, fold, time, log)
        {
            CidrsAssigned = (cidrs, correlation, cause) => AdoptAsync(host, fold, node, cidrs, correlation, cause),
        };
        var readiness = new AgentReadiness(fold, reconciler, gateway, cluster, log, node);
        var recovery = new Recovery(fold, host, kernel, reconciler, log);

        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var folding = fold.RunAsync(term.Token);
        RecordLife(host, new NodeEvent.AgentStarted(options.NodeName, directory.Uid, directory.Incarnation, version, node.BootId, newBoot));
        if (replaced is not null)
            RecordLife(host, replaced);
        await recovery.RunAsync(node.BootId, term.Token);
        // What the journal knows holds until the cluster says otherwise: pods attach also while the store is gone.
        if (!fold.State.PodCidrs.IsEmpty)
            await AdoptAsync(host, fold, node, fold.State.PodCidrs, CorrelationId.None, null);
        readiness.HasRecovered = true;
        var service = new CniService(host, fold, reconciler, ovs, kernel, sandboxes,
            () => SettingsOf(node, fold.State), () => readiness.Now(), time);
        using var socket = ListenForCni();
        var listener = new CniListener(socket, call => loop.RunAsync(call), service.HandleAsync, NewCorrelation, time, log);
        log.Info($"fabric-node {version}: node {options.NodeName} ({directory.Uid}), incarnation {directory.Incarnation}, CNI on {options.CniSocket}");
        Task[] work =
        [
            folding,
            reconciler.RunAsync(term.Token),
            gateway.RunAsync(term.Token),
            cluster.RunAsync(term.Token),
            Task.Run(() => listener.RunAsync(term.Token), CancellationToken.None),
            EveryAsync(OrphanCheckInterval, () => recovery.LookForOrphansAsync(term.Token), term.Token),
            EveryAsync(CompactionInterval, () => CompactAsync(journal, fold, term.Token), term.Token),
            EveryAsync(WarmInterval, warm, term.Token),
        ];
        await EndTogetherAsync(work, term);
        await StopAsync(host, fold, cancellationToken.IsCancellationRequested ? "asked to" : "a part of it failed");
    }

    private static void Register(EntityHost host, INodeJournal journal)
    {
        host.Register(new Port(), journal);
        host.Register(new AddressPool(), journal);
        host.Register(new Bridge(), journal);
        host.Register(new Tunnel(), journal);
        host.Register(new FlowRecorder(), journal);
        host.Register(new NodeLife(), journal);
        host.Register(new ClusterObserver(), journal);
    }

    private void RecordLife(IEntityHost host, NodeEvent e) =>
        host.Tell(NodeLife.Id(options.NodeName), new NodeLife.Record(e), CorrelationId.None);

    /// <summary>Opens the pools on the node's blocks and configures the bridge with them. Repeating it changes nothing.</summary>
    private async Task AdoptAsync(IEntityHost host, NodeFold fold, NodeParameters node, ImmutableArray<Cidr> cidrs,
        CorrelationId correlation, Causation? cause)
    {
        if (!fold.State.PodCidrs.SequenceEqual(cidrs))
        {
            log.Info($"pod CIDR {string.Join(", ", cidrs)}");
            host.Tell(NodeLife.Id(options.NodeName), new NodeLife.Record(new NodeEvent.PodCidrsAdopted(cidrs)), correlation, cause);
        }
        var context = new AskContext(correlation, AskWithin, cause);
        foreach (var cidr in cidrs)
            Report(await host.AskAsync(AddressPool.Id(node.Network, cidr.IsV6), new AddressPool.Command.Open(cidr), context));
        Report(await host.AskAsync(
            Bridge.Id(options.Bridge.Value), new Bridge.Command.Configure(node.BridgeFor(cidrs)), context));

        void Report(AskResult result)
        {
            if (result is not AskResult.Replied)
                log.Warn($"pod CIDR {string.Join(", ", cidrs)} could not be adopted: {result}");
        }
    }

    private CniSettings SettingsOf(NodeParameters node, NodeState state) =>
        new(options.Bridge.Value, node.Network, node.MtuBytes, node.BootId, node.PoolsFor(state.PodCidrs));

    private StateDirectory OpenStateDirectory()
    {
        try
        {
            return StateDirectory.Open(options.StateDir);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Fabric.Linux.SystemCallException)
        {
            throw new AgentException($"--state-dir {options.StateDir}: {e.Message}", e);
        }
    }

    private NodeParameters Parameters(StateDirectory directory)
    {
        var vteps = options.UnderlayAddresses.IsEmpty ? Underlay.DefaultAddress() : options.UnderlayAddresses;
        var withAddresses = options with { UnderlayAddresses = vteps };
        var fits = Underlay.MtuBytes(vteps) - withAddresses.OverheadBytes;
        if (options.MtuBytes > fits)
        {
            throw new AgentException($"--mtu {options.MtuBytes}: with {options.Overlay.ToString().ToLowerInvariant()} at most {fits} bytes "
                + "fit into the underlay's packets; larger ones would vanish");
        }
        return new NodeParameters(withAddresses, directory.Uid, vteps, options.MtuBytes ?? fits, BootId.Read().ToString(), version);
    }

    private Socket ListenForCni()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.CniSocket)!);
            return UnixListener.Listen(options.CniSocket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Fabric.Linux.SystemCallException)
        {
            throw new AgentException($"--cni-socket {options.CniSocket}: {e.Message}", e);
        }
    }

    private static CorrelationId NewCorrelation() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)));

    private async Task EveryAsync(TimeSpan interval, Func<Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(interval, time, cancellationToken);
            try
            {
                await work();
            }
            catch (Exception e) when (e is KernelException or JournalException)
            {
                log.Warn(e.Message);
            }
        }
    }

    private async Task CompactAsync(INodeJournal journal, NodeFold fold, CancellationToken cancellationToken)
    {
        await fold.SaveSnapshotAsync(cancellationToken);
        var live = fold.State.Flows.Programmed.ToHashSet();
        var report = await journal.CompactAsync(Retention.Default, fold.SnapshotOrdering, live, time.GetUtcNow(), cancellationToken);
        if (report.DroppedEvents > 0)
            log.Info($"journal compacted: {report}");
    }

    // Open vSwitch and the kernel forget neighbours that are not used; the next packet to them would be late or lost.
    private static Task WarmAsync(EntityHost host, NodeFold fold)
    {
        foreach (var (peer, tunnel) in fold.State.Tunnels)
        {
            foreach (var vtep in tunnel.Vteps)
                host.Driver!.Start(new DriverRequest(Tunnel.Id(peer), new DriverCall.WarmNeighbour(vtep), CorrelationId.None, null, 0));
        }
        return Task.CompletedTask;
    }

    private static async Task EndTogetherAsync(Task[] work, CancellationTokenSource term)
    {
        var first = await Task.WhenAny(work);
        await term.CancelAsync();
        foreach (var task in work)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (task != first || term.IsCancellationRequested)
            {
                // That is how they end.
            }
        }
    }

    private async Task StopAsync(EntityHost host, NodeFold fold, string reason)
    {
        await host.AskAsync(NodeLife.Id(options.NodeName), new NodeLife.Record(new NodeEvent.AgentStopped(reason)),
            new AskContext(CorrelationId.None, TimeSpan.FromSeconds(2)));
        try
        {
            await fold.SaveSnapshotAsync(CancellationToken.None);
        }
        catch (JournalException e)
        {
            log.Warn($"no snapshot at the end, the next start reads more: {e.Message}");
        }
    }
}
