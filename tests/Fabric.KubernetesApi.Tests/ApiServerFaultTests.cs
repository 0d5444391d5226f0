using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>Credentials, and what goes wrong at the server on demand.</summary>
public sealed class ApiServerFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);
    private readonly CancellationTokenSource _patience = new(Patience);
    private ApiServer _server = null!;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fab-t-api-");
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _state.LoadText(WidgetObject.Definition);
        (_server, _http) = await Start(ApiServerOptions.Plain);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
        await _server.DisposeAsync();
        _patience.Dispose();
    }

    [Fact]
    public async Task A_token_counts_only_as_long_as_it_is_valid()
    {
        var (server, http) = await Start(ApiServerOptions.Secured);
        await using var _ = server;
        using var __ = http;
        Assert.Equal(HttpStatusCode.OK, await Status(http, "/readyz"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(http, "/api/v1/nodes"));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "one");
        server.SetTokens("one", "two");
        Assert.Equal(HttpStatusCode.OK, await Status(http, "/api/v1/nodes"));
        server.SetTokens("two");
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(http, "/api/v1/nodes"));
    }

    [Fact]
    public async Task A_client_certificate_counts_if_the_servers_authority_has_signed_it()
    {
        await using var server = await ApiServer.StartAsync(_state, ApiServerOptions.Secured, TimeProvider.System);
        using var other = new Certificates(TimeProvider.System.GetUtcNow());
        Assert.Equal(HttpStatusCode.OK, await With(server.Certificates));
        Assert.Equal(HttpStatusCode.Unauthorized, await With(other));

        async Task<HttpStatusCode> With(Certificates authority)
        {
            var (certificate, key) = authority.IssueForClient("node-a");
            using var parsed = X509Certificate2.CreateFromPem(certificate, key);
            using var usable = X509CertificateLoader.LoadPkcs12(parsed.Export(X509ContentType.Pkcs12), null);
            using var http = Client(server, usable);
            return await Status(http, "/api/v1/nodes");
        }
    }

    [Fact]
    public async Task The_next_requests_fail_as_they_are_told_to_and_change_nothing()
    {
        _server.Faults.FailNext(1, 429, TimeSpan.FromSeconds(3));
        _server.Faults.FailNext(1, 503);
        using (var first = await _http.PostAsync("/api/v1/namespaces", Json("""{"metadata":{"name":"a"}}""")))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, first.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(3), first.Headers.RetryAfter!.Delta);
        }
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Status(_http, "/api/v1/namespaces/a"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(_http, "/api/v1/namespaces/a"));
    }

    [Fact]
    public async Task A_restarted_server_refuses_connections_meanwhile_and_has_everything_afterwards()
    {
        var client = Open();
        var from = (await client.ListAsync(WidgetObject.Resource, ObjectQuery.All, 0, null, null, default)).ResourceVersion;
        await using var watch = client.WatchAsync(WidgetObject.Resource, ObjectQuery.All, from, _patience.Token)
            .GetAsyncEnumerator(_patience.Token);
        var next = watch.MoveNextAsync().AsTask();
        await client.CreateAsync(WidgetObject.Resource, new WidgetObject(new ObjectMeta("a", "default"), new WidgetSpec(3)), default);
        Assert.True(await next);
        next = watch.MoveNextAsync().AsTask();
        await _server.StopListeningAsync();
        await EndsOrBreaks(next);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync("/api/v1/nodes"));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
        await _server.ListenAsync();
        Assert.Equal(3, (await client.GetAsync(WidgetObject.Resource, "default", "a", default)).Spec!.Size);
    }

    [Fact]
    public async Task Broken_connections_take_their_watches_with_them()
    {
        var next = await Watching();
        _server.BreakConnections();
        await EndsOrBreaks(next);
        Assert.Equal(HttpStatusCode.OK, await Status(_http, "/api/v1/nodes"));
    }

    [Fact]
    public async Task A_cut_watch_ends_in_the_middle_of_a_line()
    {
        using var response = await _http.GetAsync(
            "/api/v1/configmaps?watch=true&resourceVersion=1", HttpCompletionOption.ResponseHeadersRead, _patience.Token);
        await using var stream = await response.Content.ReadAsStreamAsync(_patience.Token);
        _server.Faults.CutWatches();
        _state.LoadText("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}""");
        var read = new MemoryStream();
        await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(read, _patience.Token));
        var text = Encoding.UTF8.GetString(read.ToArray());
        Assert.StartsWith("""{"type":"ADDED",""", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delayed_request_waits_and_is_then_carried_out()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Faults.DelayRequests(async cancellationToken =>
        {
            arrived.TrySetResult();
            await release.Task.WaitAsync(cancellationToken);
        });
        var request = _http.PostAsync("/api/v1/namespaces", Json("""{"metadata":{"name":"a"}}"""));
        await arrived.Task.WaitAsync(Patience);
        Assert.False(request.IsCompleted);
        release.SetResult();
        using var answer = await request;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_of_more_than_3_MiB_is_too_large()
    {
        using var answer = await _http.PostAsync("/api/v1/namespaces", Json(new string(' ', 3_145_729)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    private Cluster.Kubernetes.KubernetesApi Open()
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        File.WriteAllText(kubeconfig, Kubeconfig.Of(_server, "any"));
        return Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: kubeconfig), TimeProvider.System);
    }

    private async Task<Task<bool>> Watching()
    {
        var client = Open();
        var watch = client.WatchAsync(WidgetObject.Resource, ObjectQuery.All, "1", _patience.Token).GetAsyncEnumerator(_patience.Token);
        var next = watch.MoveNextAsync().AsTask();
        await client.CreateAsync(WidgetObject.Resource, new WidgetObject(new ObjectMeta("a", "default"), new WidgetSpec(3)), default);
        Assert.True(await next);
        return watch.MoveNextAsync().AsTask();
    }

    private static async Task EndsOrBreaks(Task<bool> next)
    {
        try
        {
            Assert.False(await next);
        }
        catch (Exception exception) when (exception is KubernetesException)
        {
            // Both happen: the answer ends, or its connection does.
            Assert.True(next.IsFaulted);
        }
    }

    private async Task<(ApiServer, HttpClient)> Start(ApiServerOptions options)
    {
        var server = await ApiServer.StartAsync(_state, options, TimeProvider.System);
        return (server, Client(server));
    }

    /// <summary>A client that trusts the server's authority alone.</summary>
    private static HttpClient Client(ApiServer server, params X509Certificate2[] own)
    {
        var authority = X509Certificate2.CreateFromPem(server.Certificates.AuthorityPem);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.ClientCertificates = [.. own];
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority },
        };
        return new HttpClient(handler) { BaseAddress = new Uri(server.Url) };
    }

    private static async Task<HttpStatusCode> Status(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return answer.StatusCode;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
