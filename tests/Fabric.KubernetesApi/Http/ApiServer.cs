using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabric.KubernetesApi;

/// <summary>
/// An API server over HTTP/1.1 and HTTP/2 on an <see cref="ApiState"/>, which kubectl and the usual clients take for one: discovery,
/// tables, watches, credentials, and what goes wrong on demand.
/// </summary>
/// <remarks>
/// It answers JSON, also where protobuf would be preferred. Whoever is authenticated may do everything: there is no RBAC. Any
/// thread may call.
/// </remarks>
public sealed class ApiServer : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, bool> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = new();
    private readonly ApiServerOptions _options;
    private readonly TimeProvider _time;
    private readonly Certificates _certificates;
    private readonly X509Certificate2 _certificate;
    private readonly ITimer _bookmarks;
    private WebApplication? _application;
    private int _port;

    private ApiServer(ApiState state, ApiServerOptions options, TimeProvider time)
    {
        (State, _options, _time, _port) = (state, options, time, options.Port);
        _certificates = new Certificates(time.GetUtcNow());
        _certificate = _certificates.IssueForServer(Address);
        var every = options.BookmarkEvery ?? TimeSpan.FromMinutes(1);
        _bookmarks = time.CreateTimer(_ => State.SendBookmarks(), null, every, every);
    }

    public ApiState State { get; }

    public ServerFaults Faults { get; } = new();

    /// <summary>Without a slash at its end.</summary>
    public string Url => $"{(_options.IsSecure ? "https" : "http")}://{new IPEndPoint(Address, _port)}";

    /// <summary>Issues client certificates; its authority's is what clients must trust.</summary>
    public Certificates Certificates => _certificates;

    /// <summary>Told of each request as it arrives: <c>GET /api/v1/nodes</c>.</summary>
    public event Action<string>? Requested;

    private IPAddress Address => _options.Address ?? IPAddress.Loopback;

    /// <summary>Starts a server; it answers when this returns.</summary>
    /// <param name="time">Of bookmarks and of watches' ends.</param>
    public static async Task<ApiServer> StartAsync(ApiState state, ApiServerOptions options, TimeProvider time)
    {
        var server = new ApiServer(state, options, time);
        await server.ListenAsync();
        return server;
    }

    /// <summary>Bearer tokens that are valid from now on; those that are no longer named are not.</summary>
    public void SetTokens(params IEnumerable<string> tokens)
    {
        var valid = tokens.ToHashSet(StringComparer.Ordinal);
        foreach (var token in valid)
            _tokens[token] = true;
        foreach (var old in _tokens.Keys.Where(token => !valid.Contains(token)))
            _tokens.TryRemove(old, out _);
    }

    /// <summary>Breaks all connections off, with whatever runs on them.</summary>
    public void BreakConnections()
    {
        foreach (var connection in _connections.Keys)
            connection.Abort(new ConnectionAbortedException("broken off on demand"));
    }

    /// <summary>Stops, as a server does that is restarted: watches end, new connections are refused until it listens again.</summary>
    public async Task StopListeningAsync()
    {
        if (_application is not { } application)
            return;
        _application = null;
        State.CloseWatches();
        using var late = new CancellationTokenSource(StopWithin);
        BreakConnections();
        await application.StopAsync(late.Token);
        await application.DisposeAsync();
    }

    /// <summary>Listens again, at the same port, with the same state.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The limit of bodies is the API's own, and answered with a Status.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(Address, _port, Configure);
        });
        var application = builder.Build();
        var endpoint = new ApiEndpoint(State, Faults, _time, IsKnown, _options.NeedsCredentials, what => Requested?.Invoke(what));
        application.Run(endpoint.HandleAsync);
        await application.StartAsync();
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _port = new Uri(bound).Port;
        _application = application;
    }

    public async ValueTask DisposeAsync()
    {
        await _bookmarks.DisposeAsync();
        await StopListeningAsync();
        _certificate.Dispose();
        _certificates.Dispose();
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = _options.IsSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            _connections[connection] = true;
            try
            {
                await next(connection);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
            }
        });
        if (!_options.IsSecure)
            return;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = _certificate,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (_, _, _) => true,
        });
    }

    private bool IsKnown(string? token, X509Certificate2? certificate) =>
        token is not null && _tokens.ContainsKey(token) || certificate is not null && _certificates.IsOurs(certificate);
}
