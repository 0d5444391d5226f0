using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Simulation;

/// <summary>A port of somebody else's under the name that a pod's port is to have.</summary>
public sealed class TakenNameTests
{
    private static readonly AttachmentId Unlucky = AttachmentId.Parse("pod0/eth0");

    private static readonly AttachmentId Other = AttachmentId.Parse("pod1/eth0");

    [Fact]
    public void It_fails_that_pod_alone_until_the_name_is_free() =>
        Seeds.Run($"{nameof(TakenNameTests)}.{nameof(It_fails_that_pod_alone_until_the_name_is_free)}", 20, run =>
        {
            var machine = new SimulatedMachine(run, new MachineSpec { PodCidrs = [Cidr.Parse("10.244.3.0/29")] });
            var runtime = new Runtime(run, machine);
            var taken = HostInterfaceName.Of(Unlucky).Value;
            machine.Switch.Add(taken, null, 9, isForeign: true);

            run.Check(Ends(run, () => InsistAsync(run, runtime, Other)), "the other pod is attached");
            var refused = run.Loop.Now;
            run.Check(Ends(run, async () => run.Check(!await runtime.AddAsync(Unlucky), "the name is refused")), "ADD is answered");
            run.Check(run.Loop.Now - refused < TimeSpan.FromSeconds(5), "the refusal is known at once");
            HostAudit.CheckForwards(run, machine, Other);
            run.Check(machine.Switch.Rows[taken].IsForeign, "the foreign port stays");

            machine.Switch.TakeAway(taken);
            run.Check(Ends(run, () => InsistAsync(run, runtime, Unlucky)), "the pod is attached once the name is free");
        });

    private static bool Ends(SimulationRun run, Func<Task> work)
    {
        var ended = run.Loop.Run(work);
        return run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromMinutes(2));
    }

    private static async Task InsistAsync(SimulationRun run, Runtime runtime, AttachmentId attachment)
    {
        while (!await runtime.AddAsync(attachment))
            await Task.Delay(TimeSpan.FromSeconds(1), run.Loop.Time);
    }
}
