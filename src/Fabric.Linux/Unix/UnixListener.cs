using System.Net.Sockets;
using Fabric.Linux.Interop;

namespace Fabric.Linux.Unix;

/// <summary>Opens a listening unix socket only its owner can connect to.</summary>
public static class UnixListener
{
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>Listens on a path with mode 0600 from the first moment.</summary>
    /// <remarks>
    /// The mode is set on the socket before bind, which gives it to the file: there is no moment of a wider mode. A
    /// file a killed process left behind is removed, but only when connecting to it is refused, so a running process
    /// keeps its socket. Two processes that start at once need a <see cref="State.FileLock"/> around this. Disposing
    /// the socket removes the file.
    /// </remarks>
    /// <param name="path">The path, at most 107 bytes (unix(7)); its directory must exist.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <exception cref="SystemCallException">Somebody listens there or it is no socket (EADDRINUSE), or the directory
    /// is missing or not writable.</exception>
    public static Socket Listen(string path, int backlog = 128)
    {
        try
        {
            return Bind(path, backlog);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            RemoveStale(path);
        }
        catch (SocketException exception)
        {
            throw Failed(path, exception);
        }
        try
        {
            return Bind(path, backlog);
        }
        catch (SocketException exception)
        {
            throw Failed(path, exception);
        }
    }

    private static Socket Bind(string path, int backlog)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (Libc.ChangeMode(socket.SafeHandle, OwnerOnly) < 0)
                throw SystemCallException.FromLastError($"set the mode of the socket for {path}");
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void RemoveStale(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // A full backlog would block the connect; it shows that somebody listens, too.
        probe.Blocking = false;
        var inUse = "another process listens there";
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Refused too when the file is no socket at all; that file is not ours to remove.
            if (IsSocket(path))
            {
                File.Delete(path);
                return;
            }
            inUse = "there is a file that is no socket";
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
        {
            inUse = "another process listens there and is busy";
        }
        catch (SocketException exception)
        {
            throw Failed(path, exception);
        }
        throw new SystemCallException($"listen on {path}", Errno.AddressInUse, inUse);
    }

    private static unsafe bool IsSocket(string path)
    {
        using var file = Libc.Owned(Libc.Open(path, OpenPathOnly, 0), $"inspect {path}");
        Libc.StatusBuffer status;
        if (Libc.Status(file, "", Libc.AtEmptyPath, 1 /* STATX_TYPE */, &status) < 0)
            throw SystemCallException.FromLastError($"inspect {path}");
        return (status.Mode & 0xf000) == 0xc000; // S_IFSOCK
    }

    private const int OpenPathOnly = 0x200000 | 0x20000 | Libc.OpenCloexec; // O_PATH | O_NOFOLLOW

    private static SystemCallException Failed(string path, SocketException exception) =>
        new($"listen on {path}", exception.ErrorCode, null, exception);
}
