using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>The in-process server keeps the contract over HTTP.</summary>
public sealed class ApiServerTests : KubernetesApiContract
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);
    private HttpClient? _http;
    private ApiServer? _server;

    public override async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    protected override async ValueTask<IKubernetesApi> OpenAsync()
    {
        _state.LoadText(WidgetObject.Definition);
        _server = await ApiServer.StartAsync(_state, ApiServerOptions.Plain with { BookmarkEvery = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        _http = new HttpClient { BaseAddress = new Uri(_server.Url) };
        return new PlainClient(_http);
    }

    protected override Task CompactAsync()
    {
        _state.Compact(_state.Revision);
        return Task.CompletedTask;
    }
}
