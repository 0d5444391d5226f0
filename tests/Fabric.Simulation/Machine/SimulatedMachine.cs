using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Everything of a node that outlives its agent: disk, kernel, Open vSwitch, the clock, and who restarts the agent.</summary>
internal sealed class SimulatedMachine
{
    private readonly SimulationRun _run;
    private readonly List<(Append Append, TimeSpan At)> _written = [];
    private readonly List<KernelState.Veth> _foreign = [];
    private TimeSpan _clockOffset;
    private DiskFaults _diskFaults = DiskFaults.None;
    private bool _diskIsDown;
    private int _boots = 1;
    private long _incarnation;
    private ulong _lastInode;

    public SimulatedMachine(SimulationRun run, ImmutableArray<Cidr> podCidrs)
    {
        _run = run;
        PodCidrs = podCidrs;
        Kernel = new KernelState(run);
        Switch = new SwitchState(run, Kernel);
        Ledger = new JournalLedger(run);
        PlantForeigners();
        Agent = StartAgent();
    }

    public ImmutableArray<Cidr> PodCidrs { get; }

    public MemoryJournal Disk { get; private set; } = new();

    public KernelState Kernel { get; }

    public SwitchState Switch { get; }

    public JournalLedger Ledger { get; private set; }

    public HostFaults Faults { get; set; } = HostFaults.None;

    public SimulatedNode Agent { get; private set; }

    public string BootId => string.Create(CultureInfo.InvariantCulture, $"boot-{_boots}");

    /// <summary>When the machine was started last.</summary>
    public TimeSpan BootedAt { get; private set; }

    /// <summary>Whether nobody starts the agent again when it ends.</summary>
    public bool StaysDown { get; set; }

    /// <summary>Told before every step outside: journal, kernel, switch.</summary>
    public Action<string>? Step { get; set; }

    public DiskFaults DiskFaults
    {
        get => _diskFaults;
        set => Agent.Journal.Faults = _diskFaults = value;
    }

    public bool DiskIsDown
    {
        get => _diskIsDown;
        set
        {
            Agent.Journal.IsDown = _diskIsDown = value;
            _run.Loop.Note(value ? "the disk is full" : "the disk has room again");
        }
    }

    /// <summary>Whether DEL may have to do without the journal.</summary>
    public bool JournalMayFail =>
        _diskIsDown || _diskFaults.AppendLost > 0 || _diskFaults.AnswerLost > 0 || _diskFaults.ReadFails > 0;

    /// <summary>A machine on which no agent comes up: for tests of its parts.</summary>
    public static SimulatedMachine WithoutAgent(SimulationRun run)
    {
        var machine = new SimulatedMachine(run, []) { StaysDown = true };
        machine.Agent.Crash();
        return machine;
    }

    public void StepTaken(string what) => Step?.Invoke(what);

    public void Written(Append append)
    {
        _written.Add((append, _run.Loop.Now));
        Ledger.Record(append, _run.Loop.Now);
        StepTaken($"append {append.Events[^1].Manifest}");
    }

    public void StepClock(TimeSpan by)
    {
        _clockOffset += by;
        Agent.Process.Time.StepWallClock(by);
        _run.Loop.Note($"the clock steps by {by}");
    }

    public void CrashAgent(TimeSpan downFor)
    {
        Agent.Crash();
        RestartAfter(downFor);
    }

    /// <summary>The agent ended by itself: it is started again, as a DaemonSet's container is.</summary>
    public void Ended(SimulatedNode agent)
    {
        if (ReferenceEquals(agent, Agent))
            RestartAfter(TimeSpan.FromSeconds(1));
    }

    /// <summary>Power goes and comes back: kernel, flows and connections are new, the database and the disk are not.</summary>
    /// <param name="lostWrites">How many of the newest writes had not reached the disk; synced ones have.</param>
    public void Reboot(int lostWrites, bool reusesInodes)
    {
        _run.Loop.Note($"power lost, with {lostWrites} writes");
        Agent.Crash();
        Switch.Stop();
        Switch.Connections.Clear();
        Kernel.Reboot(_foreign);
        LoseWrites(lostWrites);
        _boots++;
        BootedAt = _run.Loop.Now;
        if (reusesInodes)
            _lastInode = 0;
        Switch.Start();
        RestartAfter(TimeSpan.FromSeconds(1));
    }

    public KernelState.PodNamespace NewNamespace() => new(++_lastInode);

    private void LoseWrites(int count)
    {
        var kept = _written.Count;
        while (count-- > 0 && kept > 0 && _written[kept - 1].Append.Durability == Durability.Process)
            kept--;
        _written.RemoveRange(kept, _written.Count - kept);
        Disk = new MemoryJournal();
        Ledger = new JournalLedger(_run);
        foreach (var (append, at) in _written)
        {
            // Everything in memory completes at once.
            var outcome = Disk.AppendAsync(append, CancellationToken.None);
            _run.Check(outcome is { IsCompletedSuccessfully: true, Result: AppendOutcome.Appended }, "what was on disk can be read again");
            Ledger.Record(append, at);
        }
    }

    private void RestartAfter(TimeSpan pause) => _ = _run.Loop.Run(async () =>
    {
        var ended = Agent;
        await Task.Delay(pause, _run.Loop.Time);
        if (ReferenceEquals(ended, Agent) && !StaysDown)
            Agent = StartAgent();
    });

    private SimulatedNode StartAgent()
    {
        var agent = new SimulatedNode(_run, this, ++_incarnation, _clockOffset, _diskFaults);
        agent.Journal.IsDown = _diskIsDown;
        return agent;
    }

    // A neighbour on the same machine: its link, and its port on the bridge, which came after the bridge's own.
    private void PlantForeigners()
    {
        var elsewhere = new KernelState.PodNamespace(0);
        var link = new KernelState.Veth
        {
            Name = "fab0000foreign", Index = 1, PodIndex = 2, Pod = elsewhere, PodName = "eth0", IsForeign = true,
        };
        _foreign.Add(link);
        Kernel.Links.Add(link.Name, link);
        Switch.Add("tap-foreign", null, 3, isForeign: true);
    }
}
