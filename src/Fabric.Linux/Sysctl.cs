using System.Runtime.InteropServices;
using System.Text;
using Fabric.Linux.Interop;

namespace Fabric.Linux;

/// <summary>Reads and writes kernel settings under /proc/sys (proc(5)).</summary>
/// <remarks>
/// Names are written with slashes, <c>net/ipv4/conf/eth0/rp_filter</c>, because a link's name may hold a dot. What
/// stands under <c>net/</c> belongs to the calling thread's network namespace at the time the file is opened: call
/// inside <see cref="NetworkNamespace.Run{T}"/> for another one. Stateless and thread-safe.
/// </remarks>
public static class Sysctl
{
    private const string Root = "/proc/sys/";

    /// <summary>Whether the setting exists, for example not when IPv6 is compiled out.</summary>
    public static bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>Returns the value without its line end.</summary>
    /// <exception cref="SystemCallException">It does not exist (ENOENT) or may not be read.</exception>
    public static string Read(string name) => ReadPath(name, PathOf(name));

    /// <summary>Writes the value if it differs, and says what was there before.</summary>
    /// <exception cref="SystemCallException">It does not exist, is read-only, or refuses the value (EINVAL).
    /// </exception>
    public static SysctlChange Set(string name, string value)
    {
        var path = PathOf(name);
        var before = ReadPath(name, path);
        if (before != value)
            WritePath(name, path, value);
        return new SysctlChange(name, before, value);
    }

    private static string PathOf(string name)
    {
        if (name.StartsWith('/') || name.Split('/').Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"{name} is not a sysctl name with slashes", nameof(name));
        return Root + name;
    }

    private static unsafe string ReadPath(string name, string path)
    {
        var operation = $"read sysctl {name}";
        using var file = Libc.Owned(Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloexec, 0), operation);
        var buffer = stackalloc byte[4096];
        var length = Libc.Read(file, buffer, 4096);
        return length >= 0
            ? Encoding.UTF8.GetString(buffer, (int)length).TrimEnd('\n')
            : throw SystemCallException.FromLastError(operation);
    }

    private static unsafe void WritePath(string name, string path, string value)
    {
        var operation = $"set sysctl {name} to {value}";
        using var file = Libc.Owned(Libc.Open(path, Libc.OpenWriteOnly | Libc.OpenCloexec, 0), operation);
        var bytes = Encoding.UTF8.GetBytes(value + "\n");
        // One write: the kernel parses each write on its own.
        fixed (byte* data = bytes)
        {
            var written = Libc.Write(file, data, (nuint)bytes.Length);
            if (written != bytes.Length)
                throw new SystemCallException(operation, written < 0 ? Marshal.GetLastPInvokeError() : Errno.Invalid);
        }
    }
}
