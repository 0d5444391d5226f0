namespace Fabric.Simulation;

/// <summary>Whole clusters, from a store that answers when it likes down to each node's flow tables.</summary>
public sealed class ClusterSimulationTests
{
    [Fact]
    public void A_cluster_keeps_its_promises_whatever_happens_to_it() =>
        Seeds.RunParallel($"{nameof(ClusterSimulationTests)}.{nameof(A_cluster_keeps_its_promises_whatever_happens_to_it)}", 2000,
            run => new ClusterScenario(run).Play());
}
