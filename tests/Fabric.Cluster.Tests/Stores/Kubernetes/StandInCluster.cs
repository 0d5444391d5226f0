using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;

namespace Fabric.Cluster.Tests;

/// <summary>A Kubernetes API in memory with Fabric's kinds and namespace.</summary>
internal sealed class StandInCluster
{
    public const string Namespace = "fabric-system";

    public StandInCluster(bool hasKinds = true)
    {
        State = ApiState.Start(TimeProvider.System);
        State.LoadText($"{{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{{\"name\":\"{Namespace}\"}}}}");
        if (hasKinds)
            InstallKinds();
    }

    public ApiState State { get; }

    public void InstallKinds() => State.Load(
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "crds"), "journal*.yaml").Order(StringComparer.Ordinal));

    public SimulatedKubernetesApi Connect() => new(State);

    public KubernetesClusterStore Open(string cluster = "default", IKubernetesApi? api = null) =>
        KubernetesClusterStore.Open(api ?? Connect(), Namespace, cluster, TimeProvider.System);

    public IReadOnlyList<JsonObject> Objects(string plural) =>
        State.List(State.Find("fabric.cni.dev", "v1alpha1", plural)!, new ListOptions(Namespace)).Items;
}
