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

    /// <summary>Answers each datagram to an address and port with a name and the address it came from.</summary>
    internal static IDisposable ServeDatagrams(LabNamespace at, IPAddress address, int port, string name)
    {
        var socket = Open(at, address.AddressFamily, SocketType.Dgram);
        if (address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        socket.Bind(new IPEndPoint(address, port));
        _ = AnswerDatagramsAsync(socket, name);
        return socket;
    }

    /// <summary>
    /// What a server says to one datagram, provided that the answer comes from where it was sent to; null if none comes in time.
    /// </summary>
    internal static async Task<string?> AskDatagramAsync(LabNamespace at, string address, int port, int sourcePort = 0)
    {
        var target = IPAddress.Parse(address);
        using var socket = Open(at, target.AddressFamily, SocketType.Dgram);
        // The runtime may close an earlier one with this port a moment after its end.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, sourcePort != 0);
        socket.Bind(new IPEndPoint(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, sourcePort));
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(target, port, deadline.Token);
            await socket.SendAsync("who?"u8.ToArray(), deadline.Token);
            var buffer = new byte[200];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
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

    private static async Task AnswerDatagramsAsync(Socket socket, string name)
    {
        var buffer = new byte[200];
        var anyone = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var from = (IPEndPoint)(await socket.ReceiveFromAsync(buffer, anyone)).RemoteEndPoint;
                await socket.SendToAsync(Encoding.ASCII.GetBytes($"{name} {Shown(from)}"), from);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // An ICMP error about an earlier answer, or the end of the lab.
                if (socket.SafeHandle.IsClosed)
                    return;
            }
        }
    }

    private static IPAddress Shown(IPEndPoint from) =>
        from.Address.IsIPv4MappedToIPv6 ? from.Address.MapToIPv4() : from.Address;

    private static async Task AnswerAsync(Socket listener, string name)
    {
        while (true)
        {
            try
            {
                using var connection = await listener.AcceptAsync();
                await connection.SendAsync(Encoding.ASCII.GetBytes($"{name} {Shown((IPEndPoint)connection.RemoteEndPoint!)}"));
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
