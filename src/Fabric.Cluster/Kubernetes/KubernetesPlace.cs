namespace Fabric.Cluster.Kubernetes;

/// <summary>Which cluster's API, and which namespace in it: what follows <c>kubernetes:</c> in <c>--cluster-store</c>.</summary>
/// <param name="Kubeconfig">Absolute path. Null: the service account of the pod that this runs in.</param>
/// <param name="Context">Of the kubeconfig. Null: its current one.</param>
public sealed record KubernetesPlace(string Namespace = KubernetesPlace.DefaultNamespace, string? Kubeconfig = null, string? Context = null)
{
    public const string DefaultNamespace = "fabric-system";

    /// <summary>As <c>--cluster-store</c> takes it.</summary>
    public override string ToString()
    {
        var values = new List<string>();
        if (Namespace != DefaultNamespace)
            values.Add($"namespace={Uri.EscapeDataString(Namespace)}");
        if (Kubeconfig is not null)
            values.Add($"kubeconfig={Kubeconfig.Replace("%", "%25", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal)}");
        if (Context is not null)
            values.Add($"context={Context.Replace("%", "%25", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal)}");
        return values.Count == 0 ? "kubernetes:" : $"kubernetes:?{string.Join('&', values)}";
    }
}
