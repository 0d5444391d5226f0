namespace Fabric.Simulation;

/// <summary>The whole control plane of a node on a machine where everything fails.</summary>
public sealed class NodeSimulationTests
{
    [Fact]
    public void A_node_keeps_its_promises_whatever_happens_to_it() =>
        Seeds.RunParallel($"{nameof(NodeSimulationTests)}.{nameof(A_node_keeps_its_promises_whatever_happens_to_it)}", 2000,
            run => new NodeScenario(run).Play());
}
