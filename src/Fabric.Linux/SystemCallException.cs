using System.Runtime.InteropServices;

namespace Fabric.Linux;

/// <summary>Thrown when a system call other than a netlink request fails.</summary>
public sealed class SystemCallException : Exception
{
    internal SystemCallException(string operation, int errno, string? detail = null, Exception? cause = null)
        : base($"{operation}: {Interop.Errno.Describe(errno)}{(detail is null ? "" : $": {detail}")}", cause)
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>What was attempted, with the name of the object.</summary>
    public string Operation { get; }

    /// <summary>The kernel's error number (errno(3)).</summary>
    public int Errno { get; }

    /// <summary>Whether the same call may succeed when repeated unchanged.</summary>
    public bool IsTransient => Interop.Errno.IsTransient(Errno);

    internal static SystemCallException FromLastError(string operation, string? detail = null) =>
        new(operation, Marshal.GetLastPInvokeError(), detail);
}
