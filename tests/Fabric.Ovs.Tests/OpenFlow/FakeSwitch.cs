using System.Net.Sockets;
using Fabric.Ovs.OpenFlow;

namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>The other end of a connection, for what a real switch does not do on request.</summary>
internal sealed class FakeSwitch : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t-of-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Socket? _peer;

    internal FakeSwitch()
    {
        _listener.Bind(new UnixDomainSocketEndPoint($"{_folder}/s"));
        _listener.Listen();
    }

    internal string Address => $"unix:{_folder}/s";

    internal Socket Peer => _peer!;

    public ValueTask DisposeAsync()
    {
        _peer?.Dispose();
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Accepts a connection and answers hello and features.</summary>
    internal async Task<OpenFlowConnection> AcceptAsync(
        TimeProvider? time = null, OpenFlowConnectionOptions? options = null)
    {
        var connecting = OpenFlowConnection.ConnectAsync(Address, time ?? TimeProvider.System, options);
        await AcceptSocketAsync();
        await ReadAsync();
        await SendAsync([6, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0x7e]);
        var features = await ReadAsync();
        await SendAsync([6, 6, 0, 32, .. features.AsSpan(4, 4), .. new byte[24]]);
        return await connecting;
    }

    internal async Task AcceptSocketAsync() => _peer = await _listener.AcceptAsync();

    internal async Task SendAsync(byte[] bytes) => await Peer.SendAsync(bytes);

    /// <summary>Reads one message.</summary>
    internal async Task<byte[]> ReadAsync()
    {
        var header = await ExactlyAsync(4);
        return [.. header, .. await ExactlyAsync(((header[2] << 8) | header[3]) - 4)];
    }

    private async Task<byte[]> ExactlyAsync(int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var got = await Peer.ReceiveAsync(bytes.AsMemory(filled), deadline.Token);
            if (got == 0) throw new EndOfStreamException();
            filled += got;
        }

        return bytes;
    }
}
