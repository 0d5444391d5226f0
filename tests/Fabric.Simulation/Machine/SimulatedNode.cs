using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node;
using Fabric.Node.Cni;

namespace Fabric.Simulation;

/// <summary>One run of the agent: the production control plane, in a process that can be killed.</summary>
internal sealed class SimulatedNode : ICniExecutor
{
    private readonly SimulatedMachine _machine;
    private readonly long _incarnation;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<TaskCompletionSource<CniResultFrame?>> _calls = [];
    private readonly List<SimulatedSandbox> _sandboxes = [];

    public SimulatedNode(SimulationRun run, SimulatedMachine machine, long incarnation, TimeSpan clockOffset, DiskFaults faults)
    {
        _machine = machine;
        _incarnation = incarnation;
        Process = run.Loop.Start($"{machine.Spec.Name}.{incarnation}");
        Process.Time.StepWallClock(clockOffset);
        Process.Time.Drift = machine.Spec.Drift;
        Journal = new SimulatedJournal(machine.Disk, run.Loop, Process) { Faults = faults, Written = machine.Wrote };
        Kernel = new SimulatedKernel(run, Process, machine);
        Switch = new SimulatedSwitch(run, Process, machine);
        _ = Process.Run(LiveAsync);
    }

    public SimulatedProcess Process { get; }

    public SimulatedJournal Journal { get; }

    public SimulatedKernel Kernel { get; }

    public SimulatedSwitch Switch { get; }

    /// <summary>Set once the CNI socket listens.</summary>
    public NodeCore? Core { get; private set; }

    /// <summary>Set with <see cref="Core"/> where there is a cluster.</summary>
    public ClusterLink? Cluster { get; private set; }

    public bool HasRecovered { get; private set; }

    public void Crash()
    {
        Process.Crash();
        EndCalls();
    }

    /// <summary>Like SIGTERM: the agent takes its leave.</summary>
    public void Stop() => _ = Process.Run(() =>
    {
        _stopping.Cancel();
        return Task.CompletedTask;
    });

    /// <summary>A call by way of the CNI binary; null if the agent does not answer.</summary>
    public Task<CniResultFrame?> CallAsync(CniRequest request, SimulatedSandbox? sandbox)
    {
        if (Core is not { } core || !Process.IsAlive)
            return Task.FromResult<CniResultFrame?>(null);
        if (sandbox is not null)
            _sandboxes.Add(sandbox);
        // Without RunContinuationsAsynchronously: WhenAny would then be told on the thread pool, outside the loop.
        var answer = new TaskCompletionSource<CniResultFrame?>();
        _calls.Add(answer);
        _ = Process.Run(async () => answer.TrySetResult(await core.Cni.HandleAsync(request, sandbox, this, CancellationToken.None)));
        return answer.Task;
    }

    public Task<CniExecResultFrame> ExecuteAsync(CniExecFrame round, CancellationToken cancellationToken) =>
        throw new SimulationFailedException("no call here delegates its addresses");

    private async Task LiveAsync()
    {
        try
        {
            var node = Parameters();
            var log = new AgentLog(new TraceLogger(Process, _machine.Excuses));
            using var core = new NodeCore(
                node, _incarnation, Journal, new HlcClock(Process.Time, default), Kernel, Switch, Process.Time, log);
            await core.LoadAsync(_stopping.Token);
            Core = core;
            if (_machine.Spec.Store is { } store)
                await TakePartAsync(core, node, store, log);
            else
                await core.RunAsync(null, () => _ = Process.Run(() => AdoptAsync(core)), _stopping.Token);
            await core.StopAsync("asked to");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped while it was starting.
        }
        catch (Exception e) when (e is JournalException or KernelException or SwitchException or AgentException)
        {
            Process.Note($"the agent ends: {e.Message}");
        }
        Process.Crash();
        EndCalls();
        _machine.Ended(this);
    }

    // As the agent does it, around the same two.
    private async Task TakePartAsync(NodeCore core, NodeParameters node, Func<SimulatedProcess, IClusterStore> store, AgentLog log)
    {
        Cluster = new ClusterLink(
            () => store(Process), node, _incarnation, _machine.NextIncarnation, core, _machine.Spec.Kubernetes?.Invoke(Process), Process.Time, log)
        {
            Confirmed = () =>
            {
                core.Readiness.NeedsConfirmation = false;
                _machine.IsBootConfirmed = true;
            },
        };
        core.Readiness.StoreFault = () => Cluster.StoreFault;
        core.IsBootConfirmed = () => _machine.IsBootConfirmed;
        core.IsMeshKnown = () => Cluster.IsMeshKnown;
        using var term = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var recovered = new TaskCompletionSource();
        await using var ended = term.Token.UnsafeRegister(_ => recovered.TrySetCanceled(term.Token), null);
        await Together.RunAsync([core.RunAsync(null, () => recovered.TrySetResult(), term.Token), JoinAsync()], term);

        async Task JoinAsync()
        {
            await recovered.Task;
            HasRecovered = true;
            await Cluster.RunAsync(term.Token);
        }
    }

    // The cluster's part where there is none: it assigns the node's blocks, once, and confirms them after a boot.
    private async Task AdoptAsync(NodeCore core)
    {
        HasRecovered = true;
        await core.AdoptAsync(_machine.PodCidrs, CorrelationId.None, null);
        core.Readiness.NeedsConfirmation = false;
    }

    private void EndCalls()
    {
        foreach (var call in _calls)
            call.TrySetResult(null);
        _calls.Clear();
        foreach (var sandbox in _sandboxes)
            sandbox.Abandon();
        _sandboxes.Clear();
    }

    private NodeParameters Parameters()
    {
        var vtep = IpAddress.Parse(_machine.Spec.Vtep);
        var options = _machine.Spec.Options with { NodeName = new NodeName(_machine.Spec.Name), UnderlayAddresses = [vtep] };
        return new NodeParameters(options, _machine.Uid, [vtep], options.MtuBytes!.Value, _machine.BootId, "1.0.0")
        {
            Streams = _machine.Streams,
            SnapshotEvery = _machine.Spec.SnapshotEvery,
        };
    }
}
