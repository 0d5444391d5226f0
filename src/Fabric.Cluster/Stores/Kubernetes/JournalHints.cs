using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>Adds to what the API says what an operator can do about it.</summary>
internal static class JournalHints
{
    public static string For(KubernetesException e, string ns) => e.Fault switch
    {
        ApiFault.NotFound => $"{e.Message}; is namespace {ns} there, and are Fabric's kinds installed? kubectl apply -f k8s/base/crds",
        ApiFault.Forbidden => $"{e.Message}; Fabric's Role and RoleBinding are missing in namespace {ns}: kubectl apply -k k8s/base",
        ApiFault.Unauthorized => $"{e.Message}; the service account's token or the kubeconfig's credentials are no longer valid",
        ApiFault.Invalid => $"{e.Message}; do the installed kinds belong to this version of Fabric? kubectl apply -f k8s/base/crds",
        _ => e.Message,
    };
}
