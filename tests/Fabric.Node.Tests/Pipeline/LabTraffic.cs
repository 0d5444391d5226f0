using System.Net;
using System.Net.Sockets;
using System.Text;
using Fabric.Lab;
using Fabric.Linux;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Sockets inside a lab's namespaces: a socket stays in the namespace in which it was made.</summary>
internal static class LabTraffic
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    internal static Socket Open(LabNamespace at, AddressFamily family, SocketType type)
    {
        using var network = NetworkNamespace.Open(at.NetnsPath);
        var protocol = type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp;
        return network.Run(() => new Socket(family, type, protocol));
    }

    /// <summary>
    /// Answers each TCP connection to <paramref name="port"/> with a name and the address it came from.
    /// </summary>
    internal static IDisposable Serve(LabNamespace at, int port, string name)
    {
        var listener = Open(at, AddressFamily.InterNetworkV6, SocketType.Stream);
        listener.DualMode = true;
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        listener.Listen();
        _ = AnswerAsync(listener, name);
        return listener;
    }

    /// <summary>What a server says to a new connection; null when it can't be reached in time.</summary>
    internal static async Task<string?> AskAsync(LabNamespace at, string address, int port, string? source = null)
    {
        var target = IPAddress.Parse(address);
        using var socket = Open(at, target.AddressFamily, SocketType.Stream);
        if (source is not null)
            socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(target, port, deadline.Token);
            var buffer = new byte[200];
            var read = await socket.ReceiveAsync(buffer, deadline.Token);
            return Encoding.ASCII.GetString(buffer, 0, read);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Sends a datagram to a port nobody listens on and says how that ended.</summary>
    internal static async Task<SocketError> ProvokeAsync(LabNamespace at, string address, int port)
    {
        var target = IPAddress.Parse(address);
        using var socket = Open(at, target.AddressFamily, SocketType.Dgram);
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(target, port, deadline.Token);
            await socket.SendAsync("x"u8.ToArray(), deadline.Token);
            await socket.ReceiveAsync(new byte[1], deadline.Token);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }

    internal static void Send(LabNamespace at, byte[] payload, string address, int port)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = Open(at, target.AddressFamily, SocketType.Dgram);
        socket.SendTo(payload, target);
    }

    private static async Task AnswerAsync(Socket listener, string name)
    {
        while (true)
        {
            try
            {
                using var connection = await listener.AcceptAsync();
                var remote = ((IPEndPoint)connection.RemoteEndPoint!).Address;
                var shown = remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote;
                await connection.SendAsync(Encoding.ASCII.GetBytes($"{name} {shown}"));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // A client that gave up, or the end of the lab.
                if (listener.SafeHandle.IsClosed)
                    return;
            }
        }
    }
}
