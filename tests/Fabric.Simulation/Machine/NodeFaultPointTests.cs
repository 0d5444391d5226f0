using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>One ADD and one DEL, cut between every two of their steps: not at random, but each point once.</summary>
/// <remarks>
/// A step is one of the loop's: between two of them lie every journal append, every call of kernel and Open vSwitch, and every answer.
/// </remarks>
public sealed class NodeFaultPointTests
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(4);

    private static readonly AttachmentId Pod = AttachmentId.Parse("pod0/eth0");

    private static readonly AttachmentId Neighbour = AttachmentId.Parse("pod1/eth0");

    [Fact]
    public void A_crash_at_any_step_of_ADD_leaves_nothing_behind_and_a_retried_ADD_succeeds() =>
        ForEachStep(isAdd: true, machine => machine.CrashAgent(TimeSpan.FromMilliseconds(100)), retryIsAdd: true);

    [Fact]
    public void A_crash_at_any_step_of_ADD_is_undone_by_DEL() =>
        ForEachStep(isAdd: true, machine => machine.CrashAgent(TimeSpan.FromMilliseconds(100)), retryIsAdd: false);

    [Fact]
    public void A_crash_at_any_step_of_DEL_is_carried_on_and_a_retried_DEL_succeeds() =>
        ForEachStep(isAdd: false, machine => machine.CrashAgent(TimeSpan.FromMilliseconds(100)), retryIsAdd: false);

    [Fact]
    public void After_a_crash_at_any_step_of_DEL_the_pod_can_be_added_again() =>
        ForEachStep(isAdd: false, machine => machine.CrashAgent(TimeSpan.FromMilliseconds(100)), retryIsAdd: true);

    [Fact]
    public void A_restart_of_Open_vSwitch_at_any_step_of_ADD_is_repaired() =>
        ForEachStep(isAdd: true, RestartSwitch, retryIsAdd: true);

    [Fact]
    public void A_restart_of_Open_vSwitch_at_any_step_of_DEL_is_repaired() =>
        ForEachStep(isAdd: false, RestartSwitch, retryIsAdd: false);

    [Fact]
    public void ADD_is_answered_soon_whenever_Open_vSwitch_goes_away_and_succeeds_when_it_is_back() => ForEachStepAway(isAdd: true);

    [Fact]
    public void DEL_is_answered_soon_whenever_Open_vSwitch_goes_away_and_goes_on_without_another_when_it_is_back() =>
        ForEachStepAway(isAdd: false);

    [Fact]
    public void A_power_cut_at_any_step_of_ADD_leaves_nothing_behind() =>
        ForEachStep(isAdd: true, machine => machine.Reboot(lostWrites: 2, reusesInodes: true), retryIsAdd: true, reboots: true);

    [Fact]
    public void A_full_disk_from_any_step_of_ADD_on_leaves_nothing_behind() =>
        ForEachStep(isAdd: true, machine => machine.DiskIsDown = true, retryIsAdd: true, fillsDisk: true);

    [Fact]
    public void DEL_at_any_step_of_ADD_wins() => ForEachStepCrossed(isAdd: true);

    [Fact]
    public void ADD_at_any_step_of_DEL_is_refused_or_succeeds_and_can_be_repeated() => ForEachStepCrossed(isAdd: false);

    private static void RestartSwitch(SimulatedMachine machine)
    {
        machine.Switch.Stop();
        machine.Switch.Start();
    }

    private static void ForEachStep(
        bool isAdd, Action<SimulatedMachine> trouble, bool retryIsAdd, bool reboots = false, bool fillsDisk = false)
    {
        var points = 0;
        for (var step = 1L; ; step++)
        {
            var bench = new Bench(isAdd);
            if (!bench.RunTo(step))
                break;
            points++;
            bench.Do($"trouble before step {step}", () => trouble(bench.Machine));
            if (reboots)
                bench.PodsAreGone();
            if (fillsDisk)
            {
                bench.Run.Loop.RunFor(TimeSpan.FromSeconds(60));
                bench.Do("room on the disk", () => bench.Machine.DiskIsDown = false);
            }
            bench.InsistOn(retryIsAdd, step);
        }
        Assert.InRange(points, 20, 2000);
    }

    private static void ForEachStepAway(bool isAdd)
    {
        for (var step = 1L; ; step++)
        {
            var bench = new Bench(isAdd);
            if (!bench.RunTo(step))
            {
                Assert.InRange(step, 20, 2000);
                return;
            }
            bench.Do($"Open vSwitch stops before step {step}", bench.Machine.Switch.Stop);
            bench.AnswersWithin(TimeSpan.FromSeconds(6), step);
            bench.Do("Open vSwitch is back", bench.Machine.Switch.Start);
            if (isAdd)
                bench.InsistOn(add: true, step);
            else
                bench.InStepWithout(step);
        }
    }

    private static void ForEachStepCrossed(bool isAdd)
    {
        var points = 0;
        for (var step = 1L; ; step++)
        {
            var bench = new Bench(isAdd);
            if (!bench.RunTo(step))
                break;
            points++;
            bench.Cross(step);
        }
        Assert.InRange(points, 20, 2000);
    }

    /// <summary>A machine with a neighbour attached, and the pod too before a DEL.</summary>
    private sealed class Bench
    {
        private readonly bool _isAdd;
        private readonly Runtime _runtime;
        private readonly Task _neighbour;
        private long _begun;
        private Task<bool>? _call;

        public Bench(bool isAdd)
        {
            _isAdd = isAdd;
            Run = new SimulationRun(1);
            Machine = new SimulatedMachine(Run, new MachineSpec
            {
                PodCidrs = [Cidr.Parse("10.244.3.0/29"), Cidr.Parse("2001:db8:3::/64")],
            });
            _runtime = new Runtime(Run, Machine);
            _neighbour = Run.Loop.Run(() => InsistAsync(Neighbour, add: true));
            Finish(_neighbour, "the neighbour is attached");
            if (!isAdd)
                Finish(Run.Loop.Run(() => InsistAsync(Pod, add: true)), "the pod is attached");
            Run.Loop.RunFor(TimeSpan.FromSeconds(1));
        }

        public SimulationRun Run { get; }

        public SimulatedMachine Machine { get; }

        /// <summary>Begins the call and takes that many steps; false if the call has ended before.</summary>
        public bool RunTo(long step)
        {
            _begun = Run.Loop.Steps;
            var call = Run.Loop.Run(async () => await (_call = _isAdd ? _runtime.AddAsync(Pod) : _runtime.DelAsync(Pod)));
            Run.Loop.RunUntil(() => call.IsCompleted || Run.Loop.Steps - _begun >= step, Within);
            return !call.IsCompleted;
        }

        public void Do(string what, Action trouble)
        {
            Run.Loop.Note(what);
            trouble();
        }

        public void PodsAreGone()
        {
            foreach (var pod in _runtime.Pods.Values)
                pod.Namespace.IsGone = true;
        }

        public void InsistOn(bool add, long step)
        {
            Named(step, () =>
            {
                Finish(Run.Loop.Run(() => InsistAsync(Pod, add)), $"a retried {(add ? "ADD" : "DEL")} succeeds");
                Finish(Run.Loop.Run(() => InsistAsync(Neighbour, add: true)), "the neighbour's ADD succeeds");
                InStep(add);
            });
        }

        public void AnswersWithin(TimeSpan time, long step) => Named(step, () =>
            Run.Check(Run.Loop.RunUntil(() => _call!.IsCompleted, time), $"the call is answered within {time.TotalSeconds:0} s"));

        /// <summary>Nobody calls again, and the pod goes all the same.</summary>
        public void InStepWithout(long step) => Named(step, () => InStep(pod: false));

        /// <summary>Sends the opposite call while the first one is under way, then insists on it.</summary>
        public void Cross(long step)
        {
            Named(step, () =>
            {
                var crossing = Run.Loop.Run(async () => await (_isAdd ? _runtime.DelAsync(Pod) : _runtime.AddAsync(Pod)));
                Finish(crossing, "the crossing call is answered");
                Run.Check(Run.Loop.RunUntil(() => _call!.IsCompleted, Within), "the first call is answered");
                Finish(Run.Loop.Run(() => InsistAsync(Pod, add: !_isAdd)), "the crossing call, repeated, succeeds");
                InStep(pod: !_isAdd);
            });
        }

        private void InStep(bool pod)
        {
            AttachmentId[] attached = pod ? [Pod, Neighbour] : [Neighbour];
            AttachmentId[] gone = pod ? [] : [Pod];
            string? reason = null;
            var settled = Run.Loop.RunUntil(() => Run.Loop.Steps % 20 == 0 && IsInStep(), Within) || IsInStep();
            Run.Check(settled, $"all is in step, but {reason}");

            bool IsInStep() => (reason = HostAudit.WhyNotInStep(Machine, attached, gone)) is null;
        }

        private async Task InsistAsync(AttachmentId attachment, bool add)
        {
            while (!await (add ? _runtime.AddAsync(attachment) : _runtime.DelAsync(attachment)))
                await Task.Delay(TimeSpan.FromSeconds(1), Run.Loop.Time);
        }

        private void Finish(Task task, string promise) => Run.Check(Run.Loop.RunUntil(() => task.IsCompleted, Within), promise);

        private void Named(long step, Action what)
        {
            try
            {
                what();
            }
            catch (SimulationFailedException e)
            {
                throw new SimulationFailedException(
                    $"fault point {step}: {e.Message}\n{string.Join('\n', Run.Loop.Trace.Lines)}", e);
            }
        }
    }
}
