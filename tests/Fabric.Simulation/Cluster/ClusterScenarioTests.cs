namespace Fabric.Simulation;

/// <summary>What seeds have found, as stories of their own.</summary>
public sealed class ClusterScenarioTests
{
    private const int SeedCount = 5;

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

    private static void Play(string test, Action<SimulationRun, SimulatedCluster> story) =>
        Seeds.Run($"{nameof(ClusterScenarioTests)}.{test}", SeedCount, run =>
        {
            var cluster = new SimulatedCluster(run, 3, 0, ClusterShape.Draw(run, 3));
            story(run, cluster);
            run.Loop.RunFor(TimeSpan.FromSeconds(30));
            var reason = ClusterAudit.WhyNotInStep(cluster);
            run.Check(reason is null, $"the cluster is in step, but {reason}");
        });
}
