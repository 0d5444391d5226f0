using Fabric.Messages;

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

    [Fact]
    public void A_node_that_is_cut_off_for_longer_than_any_silence_may_last_keeps_its_pods_and_comes_back_with_its_block() =>
        Play(nameof(A_node_that_is_cut_off_for_longer_than_any_silence_may_last_keeps_its_pods_and_comes_back_with_its_block),
            (run, cluster) =>
            {
                run.Loop.RunFor(TimeSpan.FromSeconds(20));
                var cut = cluster.Machines[0];
                var block = cut.PodCidrs;
                Add(run, cluster, 0, "before/eth0");
                cluster.Store.Partition(cut.Spec.Name);
                run.Loop.RunFor(TimeSpan.FromSeconds(60));
                run.Check(!cluster.Ledger.Members.ContainsKey(cut.Spec.Name), "silence has removed it");
                Add(run, cluster, 0, "here/eth0");
                Add(run, cluster, 1, "there/eth0");
                cluster.Store.Reconnect(cut.Spec.Name);
                run.Loop.RunFor(TimeSpan.FromSeconds(20));
                run.Check(cut.PodCidrs.SequenceEqual(block), $"it has {string.Join(", ", block)} as before");
                foreach (var (machine, pod) in new[] { (0, "before/eth0"), (0, "here/eth0"), (1, "there/eth0") })
                    HostAudit.CheckForwards(run, cluster.Machines[machine], AttachmentId.Parse(pod));
            },
            shape => shape with { RemovalAfter = TimeSpan.FromSeconds(5), Quarantine = TimeSpan.FromSeconds(10) });

    [Fact]
    public void A_node_whose_block_was_given_away_while_it_was_cut_off_gets_another_one() =>
        Play(nameof(A_node_whose_block_was_given_away_while_it_was_cut_off_gets_another_one), (run, cluster) =>
        {
            run.Loop.RunFor(TimeSpan.FromSeconds(20));
            var (cut, replaced, clusterOperator) = (cluster.Machines[0], cluster.Machines[2], new ClusterOperator(run, cluster));
            var block = cut.PodCidrs;
            cluster.Store.Partition(cut.Spec.Name);
            // Whoever asks by way of the one that is cut off hears nothing.
            while (cluster.Ledger.BlocksOf(cut.Uid).Length > 0)
            {
                clusterOperator.Remove(cut, isForced: true);
                run.Loop.RunFor(TimeSpan.FromSeconds(5));
            }
            // Two that come in the place of one have the block that was free, and this one, when it has rested.
            for (var time = 0; time < 2; time++)
            {
                replaced.Reinstall();
                run.Loop.RunFor(TimeSpan.FromSeconds(60));
            }
            run.Check(block.All(c => cluster.Ledger.HolderOf(c.At(2)) is { } holder && holder != cut.Uid),
                $"{string.Join(", ", block)} is somebody else's now");
            Add(run, cluster, 0, "here/eth0");
            Add(run, cluster, 2, "there/eth0");
            cluster.Store.Reconnect(cut.Spec.Name);
            var removals = clusterOperator.SettleAsync().ToArray();
            run.Check(run.Loop.RunUntil(() => Array.TrueForAll(removals, r => r.IsCompleted), Within), "the operator is heard");
        });

    private static void Add(SimulationRun run, SimulatedCluster cluster, int machine, string pod)
    {
        var added = run.Loop.Run(async () =>
        {
            while (!await cluster.Runtimes[machine].AddAsync(AttachmentId.Parse(pod)))
                await Task.Delay(TimeSpan.FromSeconds(1), run.Loop.Time);
        });
        run.Check(run.Loop.RunUntil(() => added.IsCompleted, Within), $"{pod} is attached to {cluster.Machines[machine].Spec.Name}");
    }

    private static void Play(
        string test, Action<SimulationRun, SimulatedCluster> story, Func<ClusterShape, ClusterShape>? change = null) =>
        Seeds.Run($"{nameof(ClusterScenarioTests)}.{test}", SeedCount, run =>
        {
            var shape = ClusterShape.Draw(run, 3) with { RemovalAfter = null };
            var cluster = new SimulatedCluster(run, 3, 0, change?.Invoke(shape) ?? shape);
            story(run, cluster);
            string? reason = null;
            for (var end = run.Loop.Now + Within; (reason = WhyNotWhole(cluster)) is not null && run.Loop.Now < end;)
                run.Loop.RunFor(TimeSpan.FromSeconds(1));
            run.Check(reason is null, $"the cluster is in step, but {reason}");
        });

    private static string? WhyNotWhole(SimulatedCluster cluster) => ClusterAudit.WhyNotInStep(cluster) ?? ClusterAudit.WhyNotReached(cluster);
}
