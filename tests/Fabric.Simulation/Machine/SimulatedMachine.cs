using System.Collections.Immutable;
using System.Globalization;
using Fabric.Actors;
using Fabric.Cluster;
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
    private bool _isReplaying;
    private int _boots = 1;
    private long _incarnation;
    private ulong _lastInode;

    public SimulatedMachine(SimulationRun run, MachineSpec spec)
    {
        _run = run;
        Spec = spec;
        Uid = $"uid-{spec.Name}-1";
        Kernel = new KernelState(run);
        Switch = new SwitchState(run, Kernel);
        Ledger = NewLedger();
        PlantForeigners();
        Agent = StartAgent();
    }

    public MachineSpec Spec { get; }

    /// <summary>The uids that the name had before.</summary>
    public List<string> FormerUids { get; } = [];

    /// <summary>Told of each number that is taken: by whom it is lent, which, and for whom.</summary>
    public Action<PersistenceId, string, AttachmentId>? Taken { get; set; }

    /// <summary>What the state directory says; a reinstallation makes a new one.</summary>
    public string Uid { get; private set; }

    /// <summary>The blocks that the node has by its own journal, or is to have where there is no cluster.</summary>
    public ImmutableArray<Cidr> PodCidrs => Spec.Store is null ? Spec.PodCidrs : Ledger.PodCidrs;

    /// <summary>How the agent treats the cluster's streams, from its next start on.</summary>
    public StreamRules Streams { get; set; } = StreamRules.Default;

    public MemoryJournal Disk { get; private set; } = new();

    public KernelState Kernel { get; }

    public SwitchState Switch { get; }

    public JournalLedger Ledger { get; private set; }

    /// <summary>What the journal says from its first event on.</summary>
    public JournalReplay Replay { get; private set; } = new();

    public HostFaults Faults { get; set; } = HostFaults.None;

    public SimulatedNode Agent { get; private set; }

    /// <summary>Whether the cluster store has confirmed the node's blocks since the boot, as the state directory notes it.</summary>
    public bool IsBootConfirmed { get; set; }

    /// <summary>What no error of the log is: expected by the scenario.</summary>
    public Func<string, bool> Excuses { get; set; } = static _ => false;

    public string BootId => string.Create(CultureInfo.InvariantCulture, $"boot-{_boots}");

    /// <summary>When the machine was started last.</summary>
    public TimeSpan BootedAt { get; private set; }

    /// <summary>Whether it is off for good, and everybody knows.</summary>
    public bool IsDecommissioned { get; set; }

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
        var machine = new SimulatedMachine(run, new MachineSpec()) { StaysDown = true };
        machine.Agent.Crash();
        return machine;
    }

    public void StepTaken(string what) => Step?.Invoke(what);

    public void Wrote(Append append)
    {
        _written.Add((append, _run.Loop.Now));
        Replay.Add(append);
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

    /// <summary>The journal drops all that it may, as it does after a week.</summary>
    public void CompactJournal()
    {
        if (Agent is not { Process.IsAlive: true, Core: { } core })
            return;
        _run.Loop.Note($"the journal of {Spec.Name} is compacted");
        _ = Agent.Process.Run(async () =>
        {
            try
            {
                await core.CompactAsync(new Retention(TimeSpan.Zero, 0), CancellationToken.None);
            }
            catch (JournalException e)
            {
                Agent.Process.Note($"not compacted: {e.Message}");
            }
        });
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
        IsBootConfirmed = false;
        BootedAt = _run.Loop.Now;
        if (reusesInodes)
            _lastInode = 0;
        Switch.Start();
        RestartAfter(TimeSpan.FromSeconds(1));
    }

    /// <summary>Another machine in the place of this one: nothing of the old one is left, but the name.</summary>
    public void Reinstall()
    {
        _run.Loop.Note($"{Spec.Name} is installed anew");
        Reboot(0, reusesInodes: true);
        FormerUids.Add(Uid);
        Uid = $"uid-{Spec.Name}-{_boots}";
        _written.Clear();
        _incarnation = 0;
        Disk = new MemoryJournal();
        Ledger = NewLedger();
        Replay = new JournalReplay();
        Switch.Forget();
    }

    /// <summary>Power is off until <see cref="PowerOn"/>.</summary>
    public void PowerOff()
    {
        StaysDown = true;
        Reboot(0, reusesInodes: false);
    }

    public void PowerOn()
    {
        StaysDown = false;
        if (!Agent.Process.IsAlive)
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
        Ledger = NewLedger();
        Replay = new JournalReplay();
        _isReplaying = true;
        foreach (var (append, at) in _written)
        {
            // Everything in memory completes at once.
            var outcome = Disk.AppendAsync(append, CancellationToken.None);
            _run.Check(outcome is { IsCompletedSuccessfully: true, Result: AppendOutcome.Appended }, "what was on disk can be read again");
            Ledger.Record(append, at);
            Replay.Add(append);
        }
        _isReplaying = false;
    }

    private JournalLedger NewLedger() => new(_run)
    {
        Taken = (lender, number, attachment) =>
        {
            if (!_isReplaying)
                Taken?.Invoke(lender, number, attachment);
        },
    };

    private void RestartAfter(TimeSpan pause) => _ = _run.Loop.Run(async () =>
    {
        var ended = Agent;
        await Task.Delay(pause, _run.Loop.Time);
        if (ReferenceEquals(ended, Agent) && !StaysDown)
            Agent = StartAgent();
    });

    /// <summary>On disk at once.</summary>
    public long NextIncarnation() => ++_incarnation;

    private SimulatedNode StartAgent()
    {
        var agent = new SimulatedNode(_run, this, NextIncarnation(), _clockOffset, _diskFaults);
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
