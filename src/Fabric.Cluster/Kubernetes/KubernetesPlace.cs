namespace Fabric.Cluster.Kubernetes;

/// <summary>Which Kubernetes API, and who asks it.</summary>
/// <param name="Kubeconfig">The path of a kubeconfig file; null: as a pod's service account (in-cluster).</param>
/// <param name="Context">A context of the kubeconfig; null: its current one.</param>
public sealed record KubernetesPlace(string? Kubeconfig = null, string? Context = null)
{
    public override string ToString() => Kubeconfig is null ? "in-cluster" : Context is null ? Kubeconfig : $"{Kubeconfig}, context {Context}";
}
