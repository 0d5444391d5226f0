using Fabric.Actors;
using Fabric.Messages;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Simulation;

/// <summary>Rounds of trouble; after each one everything is healed, and the machine must be what the runtime was told.</summary>
internal sealed class NodeScenario
{
    /// <summary>The longest that a healed machine may need: two deadlines of an attachment, an orphan's grace, one audit.</summary>
    private static readonly TimeSpan HealsWithin = TimeSpan.FromMinutes(4);

    private readonly SimulationRun _run;
    private readonly SimulatedMachine _machine;
    private readonly Runtime _runtime;
    private readonly AttachmentId[] _attachments;
    private readonly HostFaults _hostFaults;
    private readonly DiskFaults _diskFaults;

    public NodeScenario(SimulationRun run)
    {
        _run = run;
        _hostFaults = new HostFaults
        {
            KernelFails = run.Rate("kernel fails", 0.1),
            AttachBreaks = run.Rate("attach breaks", 0.15),
            SwitchFails = run.Rate("switch fails", 0.1),
            AnswerLost = run.Rate("switch's answer lost", 0.1),
        };
        _diskFaults = new DiskFaults
        {
            AppendLost = run.Rate("append lost", 0.1),
            AnswerLost = run.Rate("append's answer lost", 0.1),
            ReadFails = run.Rate("read fails", 0.05),
            SnapshotFails = run.Rate("snapshot fails", 0.3),
        };
        // Four usable addresses in the IPv4 block, so that all four pods exhaust it.
        Cidr[] cidrs = run.Random.Chance(0.5)
            ? [Cidr.Parse("10.244.3.0/29")]
            : [Cidr.Parse("10.244.3.0/29"), Cidr.Parse("2001:db8:3::/64")];
        _machine = new SimulatedMachine(run, new MachineSpec
        {
            PodCidrs = [.. cidrs],
            SnapshotEvery = run.Random.Pick([2, 10, HostOptions.DefaultSnapshotEvery]),
        });
        _runtime = new Runtime(run, _machine);
        _attachments = [.. Enumerable.Range(0, run.Random.Between(1, 4)).Select(i => AttachmentId.Parse($"pod{i}/eth0"))];
    }

    public void Play()
    {
        for (var rounds = _run.Random.Between(1, 2); rounds > 0; rounds--)
        {
            Break();
            var clients = _attachments.Select(a => _run.Loop.Run(() => ChurnAsync(a))).ToArray();
            for (var troubles = _run.Random.Below(4); troubles > 0; troubles--)
            {
                // Any step may be the last one before it.
                var last = _run.Loop.Steps + _run.Random.Between(1, 600);
                _run.Loop.RunUntil(() => _run.Loop.Steps >= last, TimeSpan.FromMinutes(1));
                Trouble();
            }
            Finish(clients, "clients get on");
            Heal();
            Settle();
        }
    }

    private void Break()
    {
        _machine.Faults = _hostFaults;
        _machine.DiskFaults = _diskFaults;
    }

    private void Heal()
    {
        _run.Loop.Note("healed");
        _machine.Faults = HostFaults.None;
        _machine.DiskFaults = DiskFaults.None;
        if (_machine.DiskIsDown)
            _machine.DiskIsDown = false;
        if (!_machine.Switch.IsRunning)
            _machine.Switch.Start();
    }

    private void Trouble()
    {
        switch (_run.Random.Below(14))
        {
            case 0 or 1 or 2:
                _machine.CrashAgent(_run.Random.UpTo(TimeSpan.FromSeconds(3)));
                break;
            case 3:
                _machine.Agent.Stop();
                break;
            case 4 or 5:
                RestartSwitch(_run.Random.UpTo(TimeSpan.FromSeconds(4)));
                break;
            case 6:
                _machine.Switch.DropSessions();
                break;
            case 7:
                FillDisk(_run.Random.UpTo(TimeSpan.FromSeconds(20)));
                break;
            case 8:
                _machine.StepClock(TimeSpan.FromSeconds(_run.Random.Between(-7200, 7200)));
                break;
            case 9:
                Reboot();
                break;
            case 10:
                Meddle();
                break;
            case 11:
                EndSandbox();
                break;
            case 12 or 13:
                CompactJournal();
                break;
        }
    }

    private void RestartSwitch(TimeSpan downFor)
    {
        if (!_machine.Switch.IsRunning)
            return;
        _machine.Switch.Stop();
        _ = _run.Loop.Run(async () =>
        {
            await Task.Delay(downFor, _run.Loop.Time);
            if (!_machine.Switch.IsRunning)
                _machine.Switch.Start();
        });
    }

    private void FillDisk(TimeSpan fullFor)
    {
        if (_machine.DiskIsDown)
            return;
        _machine.DiskIsDown = true;
        _ = _run.Loop.Run(async () =>
        {
            await Task.Delay(fullFor, _run.Loop.Time);
            if (_machine.DiskIsDown)
                _machine.DiskIsDown = false;
        });
    }

    /// <summary>What the journal has dropped is missed by whoever reads it next, so that is soon.</summary>
    private void CompactJournal()
    {
        _machine.CompactJournal();
        var (pause, downFor) = (_run.Random.UpTo(TimeSpan.FromMilliseconds(100)), _run.Random.UpTo(TimeSpan.FromSeconds(3)));
        _ = _run.Loop.Run(async () =>
        {
            await Task.Delay(pause, _run.Loop.Time);
            _machine.CrashAgent(downFor);
        });
    }

    private void Reboot()
    {
        foreach (var pod in _runtime.Pods.Values)
        {
            pod.Namespace.IsGone = true;
            pod.IsAttached = false;
        }
        _machine.Reboot(_run.Random.Below(6), _run.Random.Chance(0.5));
    }

    /// <summary>Somebody deletes a flow or adds one of their own.</summary>
    private void Meddle()
    {
        _machine.Switch.Disturb("somebody changes flows by hand");
        if (_machine.Switch.Flows.Count > 0 && _run.Random.Chance(0.7))
        {
            var flows = _machine.Switch.Flows.Keys.ToArray();
            _machine.Switch.Flows.Remove(flows[_run.Random.Below(flows.Length)]);
        }
        if (_run.Random.Chance(0.5))
        {
            var foreign = new Flow { Table = 0, Priority = 7, Match = Match.Any.InPort(new Fabric.Ovs.OpenFlow.OfPort(9)) };
            _machine.Switch.Flows[foreign.Key] = foreign;
        }
    }

    /// <summary>A pod's namespace ends although nobody has sent DEL.</summary>
    private void EndSandbox()
    {
        var pods = _runtime.Pods.Values.Where(p => !p.Namespace.IsGone).ToArray();
        if (pods.Length == 0)
            return;
        var pod = pods[_run.Random.Below(pods.Length)];
        _machine.Kernel.Destroy(pod.Namespace);
        pod.IsAttached = false;
    }

    /// <summary>A runtime that adds and deletes, in any order, and does not always wait.</summary>
    private async Task ChurnAsync(AttachmentId attachment)
    {
        var calls = new List<Task>();
        for (var left = _run.Random.Between(2, 6); left > 0; left--)
        {
            await Task.Delay(_run.Random.UpTo(TimeSpan.FromSeconds(1)), _run.Loop.Time);
            var call = _run.Random.Chance(0.6) ? _runtime.AddAsync(attachment) : _runtime.DelAsync(attachment);
            calls.Add(call);
            if (_run.Random.Chance(0.7))
                await call;
        }
        foreach (var call in calls)
            await call;
    }

    /// <summary>The runtime's last word, repeated until it is done; then nothing may differ from it.</summary>
    private void Settle()
    {
        var stay = _attachments.Where(_ => _run.Random.Chance(0.6)).ToHashSet();
        var settling = _attachments.Select(a => _run.Loop.Run(() => InsistAsync(a, stay.Contains(a)))).ToArray();
        Finish(settling, "a retried ADD or DEL succeeds once nothing fails any more");
        var gone = _attachments.Where(a => !stay.Contains(a)).ToArray();
        string? reason = null;
        var settled = _run.Loop.RunUntil(() => _run.Loop.Steps % 50 == 0 && IsInStep(), HealsWithin) || IsInStep();
        _run.Check(settled, $"the machine is in step within {HealsWithin}, but {reason}");
        _run.Loop.Note("settled");
        // And it stays so: no timer of the past undoes it.
        if (_run.Random.Chance(0.2))
        {
            _run.Loop.RunFor(TimeSpan.FromSeconds(100));
            _run.Check(IsInStep(), $"the machine stays in step, but {reason}");
        }

        bool IsInStep() => (reason = HostAudit.WhyNotInStep(_machine, stay, gone)) is null;
    }

    private async Task InsistAsync(AttachmentId attachment, bool stays)
    {
        while (!await (stays ? _runtime.AddAsync(attachment) : _runtime.DelAsync(attachment)))
            await Task.Delay(TimeSpan.FromSeconds(1), _run.Loop.Time);
    }

    private void Finish(Task[] tasks, string promise) =>
        _run.Check(_run.Loop.RunUntil(() => Array.TrueForAll(tasks, t => t.IsCompleted), HealsWithin), promise);
}
