using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>Flows that were programmed and taken back before the journal could be told of them.</summary>
public sealed class LateRecordTests
{
    private static readonly AttachmentId First = AttachmentId.Parse("pod0/eth0");

    private static readonly AttachmentId Second = AttachmentId.Parse("pod1/eth0");

    private static readonly TimeSpan Within = TimeSpan.FromMinutes(4);

    [Fact]
    public void What_the_next_session_takes_back_is_not_recorded_for_ever() =>
        Seeds.Run($"{nameof(LateRecordTests)}.{nameof(What_the_next_session_takes_back_is_not_recorded_for_ever)}", 50, run =>
        {
            var machine = new SimulatedMachine(run, new MachineSpec { PodCidrs = [Cidr.Parse("10.244.3.0/29")] });
            var runtime = new Runtime(run, machine);
            Finish(run, () => InsistAsync(run, runtime, First), "the first pod is attached");
            // The recorder leaves memory, so that it must read its stream before it can take anything in.
            run.Loop.RunFor(TimeSpan.FromMinutes(5));

            machine.Step = what =>
            {
                if (what != "switch change flows")
                    return;
                machine.DiskFaults = new DiskFaults { ReadFails = 1 };
                machine.Faults = new HostFaults { KernelFails = 1 };
            };
            Finish(run, async () => run.Check(!await runtime.AddAsync(Second), "the second pod is refused"), "ADD is answered");
            machine.Step = null;
            machine.Switch.Stop();
            machine.Switch.Start();
            run.Loop.RunFor(TimeSpan.FromSeconds(2));
            machine.DiskFaults = DiskFaults.None;
            machine.Faults = HostFaults.None;

            Finish(run, () => runtime.DelAsync(Second), "DEL is answered");
            string? reason = null;
            var inStep = run.Loop.RunUntil(() => run.Loop.Steps % 20 == 0 && IsInStep(), Within) || IsInStep();
            run.Check(inStep, $"all is in step, but {reason}");

            bool IsInStep() => (reason = HostAudit.WhyNotInStep(machine, [First], [Second])) is null;
        });

    private static void Finish(SimulationRun run, Func<Task> work, string promise)
    {
        var ended = run.Loop.Run(work);
        run.Check(run.Loop.RunUntil(() => ended.IsCompleted, Within), promise);
    }

    private static async Task InsistAsync(SimulationRun run, Runtime runtime, AttachmentId attachment)
    {
        while (!await runtime.AddAsync(attachment))
            await Task.Delay(TimeSpan.FromSeconds(1), run.Loop.Time);
    }
}
