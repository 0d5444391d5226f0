using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>The seam without HTTP keeps the contract.</summary>
public sealed class SimulatedKubernetesApiTests : KubernetesApiContract
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);

    protected override ValueTask<IKubernetesApi> OpenAsync()
    {
        _state.LoadText(WidgetObject.Definition);
        return ValueTask.FromResult<IKubernetesApi>(new SimulatedKubernetesApi(_state));
    }

    protected override Task CompactAsync()
    {
        _state.Compact(_state.Revision);
        return Task.CompletedTask;
    }

    protected override Task ProvokeBookmarksAsync()
    {
        _state.SendBookmarks();
        return Task.CompletedTask;
    }
}
