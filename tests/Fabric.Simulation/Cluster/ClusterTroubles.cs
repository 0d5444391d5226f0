namespace Fabric.Simulation;

/// <summary>What goes wrong in a cluster: the rates of a run, and one misfortune at a time.</summary>
internal sealed class ClusterTroubles
{
    private readonly SimulationRun _run;
    private readonly SimulatedCluster _cluster;
    private readonly StoreFaults _storeFaults;
    private readonly HostFaults _hostFaults;
    private readonly DiskFaults _diskFaults;
    private readonly double _clockSteps;
    private readonly ClusterOperator _operator;
    private readonly (double Weight, Action Happen)[] _kinds;

    public ClusterTroubles(SimulationRun run, SimulatedCluster cluster, ClusterOperator clusterOperator)
    {
        _operator = clusterOperator;
        _run = run;
        _cluster = cluster;
        _storeFaults = new StoreFaults
        {
            RequestLost = run.Rate("store: request lost", 0.1),
            AnswerLost = run.Rate("store: answer lost", 0.1),
            WriteLate = run.Rate("store: write late", 0.05),
            SpuriousConflict = run.Rate("store: spurious conflict", 0.2),
            ReadFails = run.Rate("store: read fails", 0.1),
            WatchBreaks = run.Rate("store: watch breaks", 0.1),
        };
        _hostFaults = new HostFaults
        {
            KernelFails = run.Rate("kernel fails", 0.05),
            SwitchFails = run.Rate("switch fails", 0.05),
            AnswerLost = run.Rate("switch's answer lost", 0.05),
        };
        _diskFaults = new DiskFaults
        {
            AppendLost = run.Rate("append lost", 0.05),
            AnswerLost = run.Rate("append's answer lost", 0.05),
            ReadFails = run.Rate("read fails", 0.03),
            SnapshotFails = run.Rate("snapshot fails", 0.2),
        };
        _clockSteps = run.Rate("clocks stepped", 1);
        _kinds =
        [
            (run.Rate("agent killed", 3), () => Any().CrashAgent(Pause(5))),
            (run.Rate("holder killed", 3), () => (_cluster.Holder ?? Any()).CrashAgent(Pause(30))),
            (run.Rate("agent stopped", 2), () => Any().Agent.Stop()),
            (run.Rate("power cut", 2), PowerCut),
            (run.Rate("power off", 1), () => Off(Any(), Pause(60))),
            (run.Rate("partition", 4), () => Partition(Any(), Pause(90))),
            (run.Rate("store outage", 2), () => Outage(Pause(40))),
            (run.Rate("watches broken", 2), () => _cluster.Store.BreakWatches(_ => true, "the store restarts")),
            (run.Rate("compaction", 3), () => _cluster.Store.Compact(_run.Random.Pick(_cluster.Streams))),
            (run.Rate("journal compaction", 2), () => CompactJournal(Any())),
            (run.Rate("node removed", 2), () => _operator.Remove(Any(), _run.Random.Chance(0.5))),
            (run.Rate("node drained", 2), () => DrainFor(Any(), Pause(30))),
            (run.Rate("machine decommissioned", 1), () => Decommission(Any())),
            (run.Rate("machine replaced", 1), () => Replace(Any())),
            (run.Rate("lease deleted", 2), DeleteLease),
            (run.Rate("switch restarted", 1), () => RestartSwitch(Any(), Pause(4))),
            (run.Rate("sessions dropped", 1), () => Any().Switch.DropSessions()),
            (run.Rate("disk full", 1), () => FillDisk(Any(), Pause(20))),
            (_clockSteps, () => Any().StepClock(TimeSpan.FromSeconds(_run.Random.Between(-7200, 7200)))),
            (run.Rate("upgrade", 1), () => Upgrade(Any())),
            (0.1, () => _run.Loop.Note("nothing happens")),
        ];
    }

    public void Break()
    {
        _cluster.Store.Faults = _storeFaults;
        foreach (var machine in _cluster.Machines)
        {
            machine.Faults = _hostFaults;
            machine.DiskFaults = _diskFaults;
        }
        if (_clockSteps > 0)
        {
            foreach (var machine in _cluster.Machines)
                machine.StepClock(TimeSpan.FromSeconds(_run.Random.Between(-3600, 3600)));
        }
    }

    /// <summary>One misfortune, those oftener whose rate of the run is higher.</summary>
    public void Next()
    {
        var at = _run.Random.NextDouble() * _kinds.Sum(k => k.Weight);
        foreach (var (weight, happen) in _kinds)
        {
            if ((at -= weight) < 0)
            {
                happen();
                return;
            }
        }
    }

    /// <summary>Nothing fails any more, everything is on and connected, and all have the newest version.</summary>
    public void Heal()
    {
        _run.Loop.Note("healed");
        _cluster.Store.Faults = StoreFaults.None;
        if (_cluster.Store.IsDown)
            _cluster.Store.IsDown = false;
        foreach (var machine in _cluster.Machines)
        {
            _cluster.Store.Reconnect(machine.Spec.Name);
            machine.Faults = HostFaults.None;
            machine.DiskFaults = DiskFaults.None;
            if (machine.DiskIsDown)
                machine.DiskIsDown = false;
            if (!machine.Switch.IsRunning)
                machine.Switch.Start();
            if (machine.StaysDown && !machine.IsDecommissioned)
                machine.PowerOn();
            if (!ReferenceEquals(machine.Streams, _cluster.Newest))
                Upgrade(machine);
        }
    }

    /// <summary>One machine is taken out of its rack; an operator will say so.</summary>
    private void Decommission(SimulatedMachine machine)
    {
        // Two must be left to have a mesh.
        if (machine.IsDecommissioned || _cluster.Present.Count() < 3)
            return;
        _run.Loop.Note($"{machine.Spec.Name} is decommissioned");
        machine.IsDecommissioned = true;
        PodsEnd(machine);
        machine.PowerOff();
    }

    private SimulatedMachine Any() => _run.Random.Pick([.. _cluster.Present]);

    private TimeSpan Pause(int mostSeconds) => _run.Random.UpTo(TimeSpan.FromSeconds(mostSeconds));

    private void Upgrade(SimulatedMachine machine)
    {
        if (ReferenceEquals(machine.Streams, _cluster.Newest))
            return;
        _run.Loop.Note($"{machine.Spec.Name} gets the newest version");
        machine.Streams = _cluster.Newest;
        machine.CrashAgent(TimeSpan.FromSeconds(1));
    }

    private void PowerCut()
    {
        var machine = Any();
        PodsEnd(machine);
        machine.Reboot(_run.Random.Below(6), _run.Random.Chance(0.5));
    }

    private void Off(SimulatedMachine machine, TimeSpan time)
    {
        PodsEnd(machine);
        machine.PowerOff();
        After(time, () =>
        {
            if (machine.StaysDown && !machine.IsDecommissioned)
                machine.PowerOn();
        });
    }

    /// <summary>Some of those that are drained stop meanwhile, and so leave for good if nothing is attached there.</summary>
    private void DrainFor(SimulatedMachine machine, TimeSpan time)
    {
        _operator.Drain(machine, true);
        After(time / 2, () =>
        {
            if (_run.Random.Chance(0.5))
                machine.Agent.Stop();
        });
        After(time, () => _operator.Drain(machine, false));
    }

    private void Replace(SimulatedMachine machine)
    {
        PodsEnd(machine);
        machine.Reinstall();
    }

    private void PodsEnd(SimulatedMachine machine)
    {
        foreach (var pod in _cluster.Runtimes[_cluster.Machines.IndexOf(machine)].Pods.Values)
        {
            pod.Namespace.IsGone = true;
            pod.IsAttached = false;
        }
    }

    private void Partition(SimulatedMachine machine, TimeSpan time)
    {
        _cluster.Store.Partition(machine.Spec.Name);
        After(time, () => _cluster.Store.Reconnect(machine.Spec.Name));
    }

    private void Outage(TimeSpan time)
    {
        if (_cluster.Store.IsDown)
            return;
        _cluster.Store.IsDown = true;
        After(time, () =>
        {
            if (_cluster.Store.IsDown)
                _cluster.Store.IsDown = false;
        });
    }

    /// <summary>Somebody deletes a lease by hand: the next holder of the singletons begins while the last one still believes in itself.</summary>
    private void DeleteLease() => _cluster.Store.DeleteLease(
        _run.Random.Chance(0.6) ? "singleton" : $"node/{Any().Spec.Name}");

    /// <summary>What the journal has dropped is missed by whoever reads it next, so that is soon.</summary>
    private void CompactJournal(SimulatedMachine machine)
    {
        machine.CompactJournal();
        if (_run.Random.Chance(0.5))
            After(Pause(1), () => machine.CrashAgent(Pause(2)));
    }

    private void RestartSwitch(SimulatedMachine machine, TimeSpan downFor)
    {
        if (!machine.Switch.IsRunning)
            return;
        machine.Switch.Stop();
        After(downFor, () =>
        {
            if (!machine.Switch.IsRunning)
                machine.Switch.Start();
        });
    }

    private void FillDisk(SimulatedMachine machine, TimeSpan fullFor)
    {
        if (machine.DiskIsDown)
            return;
        machine.DiskIsDown = true;
        After(fullFor, () =>
        {
            if (machine.DiskIsDown)
                machine.DiskIsDown = false;
        });
    }

    private void After(TimeSpan time, Action then) => _ = _run.Loop.Run(async () =>
    {
        await Task.Delay(time, _run.Loop.Time);
        then();
    });
}
