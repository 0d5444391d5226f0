namespace Fabric.Simulation;

/// <summary>The same clusters in trouble, with the Kubernetes store's own code under them.</summary>
public sealed class KubernetesSimulationTests
{
    [Fact]
    public void A_cluster_on_the_Kubernetes_API_keeps_its_promises_whatever_happens_to_it() =>
        Seeds.RunParallel($"{nameof(KubernetesSimulationTests)}.{nameof(A_cluster_on_the_Kubernetes_API_keeps_its_promises_whatever_happens_to_it)}",
            75, run => new ClusterScenario(run, StoreKind.Kubernetes).Play());

    [Fact]
    public void Virtual_networks_on_the_Kubernetes_API_end_in_step() =>
        Seeds.RunParallel($"{nameof(KubernetesSimulationTests)}.{nameof(Virtual_networks_on_the_Kubernetes_API_end_in_step)}",
            15, run => new NetworkScenario(run, store: StoreKind.Kubernetes).Play());
}
