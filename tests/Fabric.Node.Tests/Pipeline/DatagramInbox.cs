using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Fabric.Lab;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Collects the datagrams that reach an IPv4 UDP port of a namespace.</summary>
internal sealed class DatagramInbox : IDisposable
{
    private readonly Socket _socket;
    private readonly Channel<string> _received = Channel.CreateUnbounded<string>();

    internal DatagramInbox(LabNamespace at, int port)
    {
        _socket = LabTraffic.Open(at, AddressFamily.InterNetwork, SocketType.Dgram);
        _socket.Bind(new IPEndPoint(IPAddress.Any, port));
        _ = CollectAsync();
    }

    /// <summary>The texts received until <paramref name="last"/> arrived, that one excluded.</summary>
    internal async Task<IReadOnlyList<string>> ReadUntilAsync(string last)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var before = new List<string>();
        await foreach (var text in _received.Reader.ReadAllAsync(deadline.Token))
        {
            if (text == last)
                return before;
            before.Add(text);
        }

        throw new InvalidOperationException("the inbox was closed");
    }

    public void Dispose() => _socket.Dispose();

    private async Task CollectAsync()
    {
        var buffer = new byte[9000];
        while (true)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                _received.Writer.TryWrite(Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                _received.Writer.TryComplete();
                return;
            }
        }
    }
}
