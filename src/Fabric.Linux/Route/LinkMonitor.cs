using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>Reports every change of the links of one namespace, from the moment it was opened.</summary>
/// <remarks>
/// Open it first and list the links then, so that no change falls between. The kernel keeps events in the socket's
/// buffer (1 MiB wanted, a few thousand events); when that is full it drops and <see cref="LinkEvent.Overrun"/>
/// tells. One reader at a time.
/// </remarks>
public sealed class LinkMonitor : IDisposable
{
    private const uint LinkGroup = 1; // RTNLGRP_LINK
    private const int WantedBufferBytes = 1 << 20;

    private readonly Socket _socket;

    private LinkMonitor(NetlinkSocket socket)
    {
        var handle = (int)socket.Handle.DangerousGetHandle();
        _socket = new Socket(new SafeSocketHandle(handle, ownsHandle: true));
        // From here the Socket owns the descriptor.
        socket.Handle.SetHandleAsInvalid();
    }

    /// <summary>Subscribes in the namespace of this process.</summary>
    /// <exception cref="SystemCallException">The kernel refuses the socket.</exception>
    public static LinkMonitor Open() => Open(WantedBufferBytes);

    /// <summary>Subscribes inside a namespace.</summary>
    /// <exception cref="SystemCallException">The namespace can't be entered or the socket not opened.</exception>
    public static LinkMonitor OpenIn(NetworkNamespace target) => target.Run(Open);

    internal static unsafe LinkMonitor Open(int bufferBytes)
    {
        var socket = NetlinkSocket.Open(NetlinkSocket.RouteFamily, LinkGroup);
        // Capped by net.core.rmem_max; what the kernel grants is enough to work with.
        if (Libc.SetSocketOption(socket.Handle, Libc.SolSocket, Libc.SoReceiveBuffer, &bufferBytes, sizeof(int)) < 0)
        {
            var failure = SystemCallException.FromLastError("size the buffer of the link monitor");
            socket.Dispose();
            throw failure;
        }
        return new LinkMonitor(socket);
    }

    /// <summary>Yields events in the kernel's order until cancelled; no thread waits.</summary>
    /// <exception cref="NetlinkException">The socket can't be read any more.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async IAsyncEnumerable<LinkEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var buffer = new byte[64 * 1024];
        var events = new Queue<LinkEvent>();
        while (true)
        {
            try
            {
                var length = await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellation).ConfigureAwait(false);
                Decode(buffer.AsSpan(0, length), events);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
            {
                events.Enqueue(new LinkEvent.Overrun());
            }
            catch (SocketException exception)
            {
                throw new NetlinkException("read link events", exception.ErrorCode);
            }
            while (events.TryDequeue(out var item))
                yield return item;
        }
    }

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _socket.Dispose();

    private static void Decode(ReadOnlySpan<byte> datagram, Queue<LinkEvent> events)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.Next())
        {
            if (messages.Type is not (LinkMessage.New or LinkMessage.Delete)
                || LinkMessage.Parse(messages.Body) is not { } link)
                continue;
            events.Enqueue(
                messages.Type == LinkMessage.New ? new LinkEvent.Changed(link) : new LinkEvent.Removed(link));
        }
    }
}
