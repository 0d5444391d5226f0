using System.Net.Sockets;

namespace Fabric.Node.Tests;

/// <summary>An HTTP client on a unix socket.</summary>
internal static class AdminClient
{
    public static HttpClient Connect(string socketPath) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://fabric"),
        Timeout = TimeSpan.FromSeconds(60),
    };
}
