using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux;

/// <summary>An open network namespace; it can't vanish while this is open.</summary>
/// <remarks>Thread-safe. All work inside a namespace happens on one dedicated thread, never on the caller's: a thread
/// of the pool that kept a foreign namespace would lend it to whatever runs there next.</remarks>
public sealed class NetworkNamespace : IDisposable
{
    private static readonly Lazy<NetworkNamespace> LazyOwn = new(() => Open("/proc/self/ns/net"));

    private NetworkNamespace(SafeFileHandle handle, NetworkNamespaceId id, string name)
    {
        Handle = handle;
        Id = id;
        Name = name;
    }

    /// <summary>The namespace this process started in; never dispose it.</summary>
    public static NetworkNamespace Own => LazyOwn.Value;

    /// <summary>Which namespace this is.</summary>
    public NetworkNamespaceId Id { get; }

    /// <summary>The path or description it was opened by, for messages.</summary>
    public string Name { get; }

    /// <summary>Whether this is the namespace of the process itself: on a node, the host's own.</summary>
    public bool IsOwn => Id == Own.Id;

    internal SafeFileHandle Handle { get; }

    /// <summary>Opens the namespace a path names.</summary>
    /// <exception cref="SystemCallException">The path can't be opened, or is not a network namespace (EINVAL).
    /// </exception>
    public static NetworkNamespace Open(string path) => FromDescriptor(
        Libc.Owned(
            Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloexec, 0), $"open network namespace {path}"), path);

    /// <summary>Takes over a descriptor, such as one received over a socket; closes it when refused.</summary>
    /// <exception cref="SystemCallException">The descriptor is not that of a network namespace (EINVAL).</exception>
    public static NetworkNamespace FromDescriptor(SafeFileHandle descriptor, string name)
    {
        try
        {
            return new NetworkNamespace(descriptor, Identify(descriptor, name), name);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Runs <paramref name="work"/> inside this namespace and returns its result.</summary>
    /// <remarks>
    /// Blocks the caller until then; about 20 µs besides the work itself. Work of all callers runs one after the
    /// other on one thread, so it must be short. What is opened inside (a socket, a file of /proc/sys/net) stays
    /// bound to this namespace and may be used by any thread afterwards. An exception of the work is rethrown.
    /// </remarks>
    /// <exception cref="SystemCallException">The namespace can't be entered.</exception>
    public T Run<T>(Func<T> work)
    {
        T result = default!;
        NamespaceThread.Run(this, () => result = work());
        return result;
    }

    /// <inheritdoc cref="Run{T}(Func{T})"/>
    public void Run(Action work) => NamespaceThread.Run(this, work);

    /// <summary>Opens a route netlink socket that acts inside this namespace, from any thread.</summary>
    /// <exception cref="SystemCallException">The namespace can't be entered or the socket not opened.</exception>
    public NetlinkSocket OpenNetlinkSocket() => Run(() => NetlinkSocket.Open(NetlinkSocket.RouteFamily));

    /// <summary>Closes the descriptor; the namespace itself lives on while something else holds it.</summary>
    public void Dispose()
    {
        if (!LazyOwn.IsValueCreated || !ReferenceEquals(this, LazyOwn.Value))
            Handle.Dispose();
    }

    /// <summary>The path or description it was opened by.</summary>
    public override string ToString() => Name;

    private static unsafe NetworkNamespaceId Identify(SafeFileHandle descriptor, string name)
    {
        var operation = $"identify network namespace {name}";
        // On a descriptor that is no namespace the request is unknown: ENOTTY (ioctl_ns(2)).
        var type = Libc.Ioctl(descriptor, Libc.NsGetNsType, null);
        if (type != Libc.CloneNewNet)
            throw new SystemCallException(operation, Errno.Invalid, "it is not a network namespace");
        Libc.StatusBuffer status;
        if (Libc.Status(descriptor, "", Libc.AtEmptyPath, 0x100 /* STATX_INO */, &status) < 0)
            throw SystemCallException.FromLastError(operation);
        // The kernel's own encoding of a device number (new_encode_dev) as glibc's makedev writes it.
        ulong major = status.DeviceMajor, minor = status.DeviceMinor;
        var device = ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8)
            | ((minor & 0xffffff00) << 12) | (minor & 0xff);
        return new NetworkNamespaceId(device, status.Inode);
    }
}
