namespace Fabric.Simulation;

/// <summary>Virtual networks in a cluster that keeps failing.</summary>
public sealed class NetworkSimulationTests
{
    [Fact]
    public void Networks_stay_apart_and_are_left_whatever_happens() =>
        Seeds.RunParallel($"{nameof(NetworkSimulationTests)}.{nameof(Networks_stay_apart_and_are_left_whatever_happens)}", 100,
            run => new NetworkScenario(run).Play());

    [Fact]
    public void Networks_of_objects_stay_apart_and_go_with_their_objects_whatever_happens() =>
        Seeds.RunParallel($"{nameof(NetworkSimulationTests)}.{nameof(Networks_of_objects_stay_apart_and_go_with_their_objects_whatever_happens)}", 30,
            run => new NetworkScenario(run, hasObjects: true).Play());
}
