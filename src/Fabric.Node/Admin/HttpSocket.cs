using System.Net;
using System.Net.Sockets;
using Fabric.Linux;
using Fabric.Linux.Unix;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Fabric.Node;

/// <summary>One HTTP/1.1 socket of the agent: Kestrel alone, without a host that would listen to signals or read configuration.</summary>
/// <remarks>Handlers run on the thread pool, never on the event loop. A slow or half-open client holds its own connection only.</remarks>
public sealed class HttpSocket : IAsyncDisposable
{
    /// <summary>Beyond this, new connections are closed at once: the agent's memory is for pods.</summary>
    public const int MaxConnections = 64;

    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(2);

    private readonly KestrelServer _server;

    private HttpSocket(KestrelServer server) => _server = server;

    /// <summary>The address listened on, with the port that was chosen for port 0.</summary>
    public string Address => _server.Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Listens on a unix socket that only the agent's own user can connect to (mode 0600 from the first moment).</summary>
    /// <exception cref="HttpSocketException">Somebody listens there, or the directory is missing or not writable.</exception>
    public static async Task<HttpSocket> ListenAsync(string path, RequestDelegate handler, CancellationToken cancellationToken)
    {
        Socket bound;
        try
        {
            bound = UnixListener.Listen(path);
        }
        catch (SystemCallException e)
        {
            throw new HttpSocketException($"listen on {path}", e.Message, isTransient: true, e);
        }
        try
        {
            var transport = new SocketTransportOptions { CreateBoundListenSocket = _ => bound };
            return await StartAsync(path, o => o.ListenUnixSocket(path, Http1), transport, handler, cancellationToken);
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>Listens on an address; port 0 lets the kernel choose.</summary>
    /// <exception cref="HttpSocketException">The address is taken or not this machine's.</exception>
    public static Task<HttpSocket> ListenAsync(IPEndPoint address, RequestDelegate handler, CancellationToken cancellationToken) =>
        StartAsync(address.ToString(), o => o.Listen(address, Http1), new SocketTransportOptions(), handler, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(StopDeadline);
        await _server.StopAsync(deadline.Token).ConfigureAwait(false);
        _server.Dispose();
    }

    private static void Http1(ListenOptions options) => options.Protocols = HttpProtocols.Http1;

    private static async Task<HttpSocket> StartAsync(string where, Action<KestrelServerOptions> listen,
        SocketTransportOptions transport, RequestDelegate handler, CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = MaxConnections;
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        listen(options);
        var server = new KestrelServer(Options.Create(options),
            new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new Application(handler), cancellationToken).ConfigureAwait(false);
            return new HttpSocket(server);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            server.Dispose();
            throw new HttpSocketException($"listen on {where}", e.Message, e.InnerException is AddressInUseException, e);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
