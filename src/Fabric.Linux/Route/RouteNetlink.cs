using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>Reads and changes links, addresses, routes and neighbours of a namespace (rtnetlink(7)).</summary>
/// <remarks>
/// Bound to the namespace its socket was opened in, whichever thread calls. Thread-safe; calls are serialized. Each
/// call is one exchange with the kernel and returns when the kernel has done it; none waits for the network. Every
/// method throws <see cref="NetlinkException"/> with the kernel's text when it is refused.
/// </remarks>
public sealed partial class RouteNetlink : IDisposable
{
    private readonly NetlinkSocket _socket;

    /// <summary>Works on the socket's namespace and owns the socket.</summary>
    public RouteNetlink(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens a socket in the namespace of this process.</summary>
    /// <exception cref="SystemCallException">The kernel refuses the socket.</exception>
    public static RouteNetlink Open() => new(NetlinkSocket.Open(NetlinkSocket.RouteFamily));

    /// <summary>Opens a socket that acts inside a namespace.</summary>
    /// <exception cref="SystemCallException">The namespace can't be entered or the socket not opened.</exception>
    public static RouteNetlink OpenIn(NetworkNamespace target) => new(target.OpenNetlinkSocket());

    internal NetlinkSocket Socket => _socket;

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    internal void Execute(NetlinkBatch batch) => _socket.Execute(batch);

    private void Request(ushort type, ushort flags, string operation, Action<NetlinkWriter> write)
    {
        var batch = new NetlinkBatch();
        write(batch.Add(type, flags, operation));
        _socket.Execute(batch);
    }
}
