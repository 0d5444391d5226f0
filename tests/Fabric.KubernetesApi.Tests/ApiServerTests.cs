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
        // Bookmarks come by themselves: one that a test asked for could be earlier than its watch.
        var options = ApiServerOptions.Plain with { BookmarkEvery = TimeSpan.FromMilliseconds(20) };
        _server = await ApiServer.StartAsync(_state, options, TimeProvider.System);
        _http = new HttpClient { BaseAddress = new Uri(_server.Url) };
        return new PlainClient(_http);
    }

    protected override Task CompactAsync()
    {
        _state.Compact(_state.Revision);
        return Task.CompletedTask;
    }
}
