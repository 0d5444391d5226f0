using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fabric.Linux;

namespace Fabric.Lab;

/// <summary>Lets a namespace reach a server on this machine's loopback, at an address of the namespace; can be cut and healed.</summary>
public sealed class LabRelay : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _life = new();
    private readonly ConcurrentDictionary<Socket, (Socket Far, Task Running)> _connections = new();
    private readonly Task _accepting;
    private bool _isDown;

    /// <param name="address">One that an interface of the namespace holds.</param>
    /// <param name="target">A port of the loopback outside.</param>
    public LabRelay(LabNamespace at, IPAddress address, int port, int target)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target);
        using var inside = NetworkNamespace.Open(at.NetnsPath);
        // A socket stays in the namespace that it was made in.
        _listener = inside.Run(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        });
        _accepting = AcceptAsync();
    }

    /// <summary>While down, connections are cut and new ones closed at once.</summary>
    public void SetDown(bool isDown)
    {
        Volatile.Write(ref _isDown, isDown);
        foreach (var (near, (far, _)) in isDown ? _connections.ToArray() : [])
        {
            near.Dispose();
            far.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        SetDown(true);
        await _life.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Values.Select(c => c.Running));
        _life.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_life.IsCancellationRequested)
        {
            try
            {
                var near = await _listener.AcceptAsync(_life.Token);
                if (Volatile.Read(ref _isDown))
                    near.Dispose();
                else
                    Relay(near);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Either the end, or a peer that went while it was accepted.
            }
        }
    }

    private void Relay(Socket near)
    {
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var begun = new TaskCompletionSource();
        _connections[near] = (far, RunAsync());
        begun.SetResult();

        async Task RunAsync()
        {
            // Not before it is in the list that it leaves at its end.
            await begun.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            try
            {
                await far.ConnectAsync(_target, _life.Token);
                await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The other end learns of it below.
            }
            near.Dispose();
            far.Dispose();
            _connections.TryRemove(near, out _);
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _life.Token) is var count and > 0)
            {
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _life.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // An end of a connection like any other.
        }
    }
}
