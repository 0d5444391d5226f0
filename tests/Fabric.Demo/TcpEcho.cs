using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Linux;

namespace Fabric.Demo;

/// <summary>
/// Listens in a namespace; tells each client the address it sees, then sends back what it gets. So a client learns that
/// full-size segments pass both ways, and under which address it arrives.
/// </summary>
internal sealed class TcpEcho : IDisposable
{
    public const int Port = 7000;

    // Many segments of full size in both directions.
    private const int Bytes = 64 * 1024;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    private TcpEcho(Socket listener)
    {
        _listener = listener;
        _serving = ServeAsync(_stop.Token);
    }

    public static TcpEcho Listen(NetworkNamespace inside) => new(inside.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, Port));
        socket.Listen(64);
        return socket;
    }));

    /// <summary>Connects from a namespace and exchanges 64 KiB.</summary>
    /// <returns>The address that the server saw; null if the connection or the exchange failed.</returns>
    public static async Task<IPAddress?> CallAsync(NetworkNamespace inside, IPAddress server, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Within);
        using var socket = inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(server, Port), deadline.Token);
            await using var stream = new NetworkStream(socket);
            var length = new byte[1];
            await stream.ReadExactlyAsync(length, deadline.Token);
            var name = new byte[length[0]];
            await stream.ReadExactlyAsync(name, deadline.Token);
            var sent = new byte[Bytes];
            Random.Shared.NextBytes(sent);
            var back = new byte[Bytes];
            await Task.WhenAll(
                stream.WriteAsync(sent, deadline.Token).AsTask(), stream.ReadExactlyAsync(back, deadline.Token).AsTask());
            return sent.AsSpan().SequenceEqual(back) ? IPAddress.Parse(Encoding.ASCII.GetString(name)) : null;
        }
        catch (Exception e) when (e is SocketException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _serving.Wait(Within);
        _stop.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        var clients = new List<Task>();
        try
        {
            while (true)
                clients.Add(AnswerAsync(await _listener.AcceptAsync(cancellationToken), cancellationToken));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(clients);
        }
    }

    private static async Task AnswerAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var name = Encoding.ASCII.GetBytes($"{((IPEndPoint)socket.RemoteEndPoint!).Address}");
            await stream.WriteAsync((byte[])[(byte)name.Length, .. name], cancellationToken);
            await stream.CopyToAsync(stream, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client sees what it did not get.
        }
    }
}
