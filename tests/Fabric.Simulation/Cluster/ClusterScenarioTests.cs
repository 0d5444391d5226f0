namespace Fabric.Simulation;

/// <summary>What seeds have found, as stories of their own.</summary>
public sealed class ClusterScenarioTests
{
    private const int SeedCount = 5;

    private static readonly TimeSpan Within = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_node_whose_disk_is_full_while_a_peer_joins_reaches_it_once_there_is_room() =>
        Play(nameof(A_node_whose_disk_is_full_while_a_peer_joins_reaches_it_once_there_is_room), (run, cluster) =>
        {
            var (full, late) = (cluster.Machines[0], cluster.Machines[2]);
            late.PowerOff();
            run.Loop.RunFor(TimeSpan.FromSeconds(20));
            full.DiskIsDown = true;
            late.PowerOn();
            run.Loop.RunFor(TimeSpan.FromSeconds(30));
            run.Check(!full.Ledger.Tunnels.ContainsKey(late.Spec.Name), "the tunnel can't be journalled yet");
            full.DiskIsDown = false;
        });

    [Fact]
    public void A_freed_block_rests_for_the_quarantine_whatever_the_clocks_say() =>
        Play(nameof(A_freed_block_rests_for_the_quarantine_whatever_the_clocks_say), (run, cluster) =>
        {
            // The first holder's clock is two hours ahead or behind; the ledger sees to it that nothing is given too early.
            foreach (var machine in cluster.Machines)
                machine.StepClock(TimeSpan.FromHours(run.Random.Between(-2, 2)));
            run.Loop.RunFor(TimeSpan.FromSeconds(20));
            var replaced = cluster.Machines[2];
            for (var time = 0; time < 2; time++)
            {
                replaced.Reinstall();
                run.Loop.RunFor(TimeSpan.FromSeconds(30));
            }
            run.Check(cluster.Ledger.BlocksOf(replaced.Uid).IsEmpty, "three machines and two that were replaced have one block more than there is");
            var removals = new ClusterOperator(run, cluster).SettleAsync().ToArray();
            run.Check(run.Loop.RunUntil(() => Array.TrueForAll(removals, r => r.IsCompleted), Within), "the operator is heard");
        });

    private static void Play(string test, Action<SimulationRun, SimulatedCluster> story) =>
        Seeds.Run($"{nameof(ClusterScenarioTests)}.{test}", SeedCount, run =>
        {
            var cluster = new SimulatedCluster(run, 3, 0, ClusterShape.Draw(run, 3) with { RemovalAfter = null });
            story(run, cluster);
            string? reason = null;
            for (var end = run.Loop.Now + Within; (reason = ClusterAudit.WhyNotInStep(cluster)) is not null && run.Loop.Now < end;)
                run.Loop.RunFor(TimeSpan.FromSeconds(1));
            run.Check(reason is null, $"the cluster is in step, but {reason}");
        });
}
