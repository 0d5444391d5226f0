using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>The client and a real API server keep the contract.</summary>
[Collection(SharedKubernetes.Users)]
public sealed class KubernetesApiTests : KubernetesApiContract
{
    private Kubernetes.KubernetesApi? _api;

    public override Task InitializeAsync()
    {
        Skip.If(LabKubernetes.Missing is not null, LabKubernetes.Missing);
        return base.InitializeAsync();
    }

    public override Task DisposeAsync()
    {
        _api?.Dispose();
        return base.DisposeAsync();
    }

    protected override ValueTask<IKubernetesApi> OpenAsync()
    {
        _api = Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: SharedKubernetes.Server.AdminKubeconfig), TimeProvider.System, () => 0.5);
        return ValueTask.FromResult<IKubernetesApi>(_api);
    }

    protected override Task CompactAsync()
    {
        SharedKubernetes.Server.Forget();
        return Task.CompletedTask;
    }

    protected override string? BookmarksTakeLong => "kube-apiserver sends bookmarks once a minute, and nothing hurries it";
}
