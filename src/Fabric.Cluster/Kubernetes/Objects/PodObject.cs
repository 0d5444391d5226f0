namespace Fabric.Cluster.Kubernetes;

/// <summary>A Pod (core/v1): only read.</summary>
public sealed record PodObject(ObjectMeta Metadata, PodSpec? Spec = null, PodStatus? Status = null) : IApiObject
{
    public static ResourceKind<PodObject> Resource { get; } =
        new("", "v1", "Pod", "pods", IsNamespaced: true, KubernetesJson.Default.PodObject);
}

public sealed record PodSpec(string? NodeName = null, bool? HostNetwork = null);

public sealed record PodStatus(string? Phase = null, string? PodIP = null);
