using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.Unix;

/// <summary>What unix stream sockets can beyond bytes: tell who the peer is, pass descriptors (unix(7)).</summary>
/// <remarks>Stateless. One receiver per socket at a time.</remarks>
public static class UnixPeer
{
    // SCM_MAX_FD is 253: room for all a peer can send at once, so that each can be closed.
    private const int MaxDescriptors = 253;
    private const int ControlHeader = 16;
    private const int ControlBytes = ControlHeader + ((MaxDescriptors * sizeof(int) + 7) & ~7);

    /// <summary>Returns who connected.</summary>
    /// <exception cref="SystemCallException">The socket is not a connected unix socket.</exception>
    public static unsafe PeerCredentials CredentialsOf(Socket socket)
    {
        var credentials = stackalloc int[3];
        uint length = 12;
        if (Libc.GetSocketOption(socket.SafeHandle, Libc.SolSocket, Libc.SoPeerCredentials, credentials, &length) < 0)
            throw SystemCallException.FromLastError("get credentials of a unix socket's peer");
        return new PeerCredentials(credentials[0], (uint)credentials[1], (uint)credentials[2]);
    }

    /// <summary>Receives at least one byte, and the descriptor that travels with it.</summary>
    /// <remarks>No thread waits: a receive of zero bytes tells when there is something to read. Of several
    /// descriptors the first is returned and the others are closed, so a peer can't fill this process's table.
    /// </remarks>
    /// <exception cref="SystemCallException">The connection broke, or the buffer is empty (EINVAL).</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was consumed.</exception>
    public static async ValueTask<ReceivedMessage> ReceiveAsync(
        Socket socket, Memory<byte> buffer, CancellationToken cancellation)
    {
        if (buffer.IsEmpty)
            throw new SystemCallException("receive from a unix socket", Errno.Invalid, "the buffer is empty");
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryReceive(socket.SafeHandle, buffer.Span) is { } message)
                return message;
            try
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false);
            }
            catch (SocketException exception)
            {
                throw new SystemCallException(
                    "receive from a unix socket", exception.ErrorCode, exception.Message, exception);
            }
        }
    }

    /// <summary>Sends bytes together with a descriptor, which the caller keeps.</summary>
    /// <returns>How many bytes were taken, at least one; the descriptor went with the first.</returns>
    /// <exception cref="SystemCallException">The peer is gone, or its buffer is full (EAGAIN).</exception>
    public static int Send(Socket socket, ReadOnlySpan<byte> bytes, SafeHandle descriptor) =>
        Send(socket, bytes, [descriptor]);

    /// <inheritdoc cref="Send(Socket, ReadOnlySpan{byte}, SafeHandle)"/>
    internal static unsafe int Send(Socket socket, ReadOnlySpan<byte> bytes, SafeHandle[] descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        var control = stackalloc byte[ControlBytes];
        var length = ControlHeader + descriptors.Length * sizeof(int);
        *(nuint*)control = (nuint)length;
        ((int*)control)[2] = Libc.SolSocket;
        ((int*)control)[3] = Libc.ScmRights;
        for (var i = 0; i < descriptors.Length; i++)
            ((int*)(control + ControlHeader))[i] = (int)descriptors[i].DangerousGetHandle();
        fixed (byte* data = bytes)
        {
            var vector = new Libc.IoVector { Base = data, Length = (nuint)bytes.Length };
            var header = new Libc.MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)((length + 7) & ~7),
            };
            nint sent;
            while ((sent = Libc.SendMessage(socket.SafeHandle, &header, Libc.MsgNoSignal)) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                    throw SystemCallException.FromLastError("send a descriptor over a unix socket");
            }
            GC.KeepAlive(descriptors);
            return (int)sent;
        }
    }

    private static unsafe ReceivedMessage? TryReceive(SafeSocketHandle socket, Span<byte> buffer)
    {
        var control = stackalloc byte[ControlBytes];
        fixed (byte* data = buffer)
        {
            var vector = new Libc.IoVector { Base = data, Length = (nuint)buffer.Length };
            var header = new Libc.MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlBytes,
            };
            nint count;
            while ((count = Libc.ReceiveMessage(socket, &header, Libc.MsgDontWait | Libc.MsgCmsgCloexec)) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.Again)
                    return null;
                if (errno != Errno.Interrupted)
                    throw new SystemCallException("receive from a unix socket", errno);
            }
            return new ReceivedMessage((int)count, TakeFirst(control, (int)header.ControlLength));
        }
    }

    /// <summary>Keeps the first descriptor of the control data, and closes every other.</summary>
    private static unsafe SafeFileHandle? TakeFirst(byte* control, int length)
    {
        SafeFileHandle? first = null;
        for (var offset = 0; offset + ControlHeader <= length;)
        {
            var size = (int)*(nuint*)(control + offset);
            if (size < ControlHeader || size > length - offset)
                break;
            var (level, type) = (*(int*)(control + offset + 8), *(int*)(control + offset + 12));
            var count = level == Libc.SolSocket && type == Libc.ScmRights ? (size - ControlHeader) / sizeof(int) : 0;
            for (var i = 0; i < count; i++)
            {
                var descriptor = ((int*)(control + offset + ControlHeader))[i];
                if (first is null)
                    first = new SafeFileHandle(descriptor, ownsHandle: true);
                else
                    // Linux closes the descriptor whatever close returns (close(2)).
                    _ = Libc.Close(descriptor);
            }
            offset += (size + 7) & ~7;
        }
        return first;
    }
}
