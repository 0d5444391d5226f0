using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>The in-process server keeps the contract over HTTP, and Fabric's own client with it.</summary>
public sealed class ApiServerTests : KubernetesApiContract
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fab-t-api-");
    private Cluster.Kubernetes.KubernetesApi? _client;
    private ApiServer? _server;

    public override async Task DisposeAsync()
    {
        _client?.Dispose();
        _folder.Delete(recursive: true);
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override async ValueTask<IKubernetesApi> OpenAsync()
    {
        _state.LoadText(WidgetObject.Definition);
        // Bookmarks come by themselves: one that a test asked for could be earlier than its watch.
        var options = ApiServerOptions.Plain with { BookmarkEvery = TimeSpan.FromMilliseconds(20) };
        _server = await ApiServer.StartAsync(_state, options, TimeProvider.System);
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, Kubeconfig.Of(_server, "any"));
        return _client = Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: kubeconfig), TimeProvider.System);
    }

    protected override Task CompactAsync()
    {
        _state.Compact(_state.Revision);
        return Task.CompletedTask;
    }
}
