using Fabric.Actors;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node;
using Fabric.Node.Cni;
using Microsoft.Extensions.Logging;

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
        Process = run.Loop.Start($"agent-{incarnation}");
        Process.Time.StepWallClock(clockOffset);
        Journal = new SimulatedJournal(machine.Disk, run.Loop, Process) { Faults = faults, Written = machine.Written };
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
            using var core = new NodeCore(Parameters(), _incarnation, Journal, new HlcClock(Process.Time, default), Kernel, Switch,
                Process.Time, new AgentLog(new TraceLogger(Process)));
            await core.LoadAsync(_stopping.Token);
            Core = core;
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

    // The cluster's part: it assigns the node's blocks, once, and confirms them after a boot.
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

    private NodeParameters Parameters() => new(new NodeOptions
    {
        NodeName = new NodeName("node-a"),
        StateDir = "/state",
        ClusterStore = "sqlite:/cluster.db",
        ClusterName = "fabric",
        ClusterCidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("2001:db8::/48")],
        NodePrefixLength = 29,
        NodePrefixLengthV6 = 64,
        UnderlayAddresses = [IpAddress.Parse("172.30.0.1")],
        Overlay = OverlayKind.Vxlan,
        OverlayPort = 4789,
        ServiceCidrs = [],
        NoMasqueradeCidrs = [],
        Vni = new Vni(7000),
        MtuBytes = 1450,
        Bridge = new InterfaceName("br-fabric"),
        OvsDb = "unix:/db.sock",
        OvsRunDir = "/run",
        DatapathType = "system",
        CniSocket = "/cni.sock",
        AdminSocket = "/admin.sock",
        MetricsAddress = null,
        HealthAddress = null,
        LeaseDuration = TimeSpan.FromSeconds(10),
        RepairsDrift = true,
        LogLevel = LogLevel.Information,
    }, "uid-a", [IpAddress.Parse("172.30.0.1")], 1450, _machine.BootId, "1.0.0");
}
