namespace Fabric.Linux.Netlink;

/// <summary>Thrown when the kernel refuses a netlink request, or its answer can't be read.</summary>
public sealed class NetlinkException : Exception
{
    internal NetlinkException(string operation, int errno, string? kernelText = null)
        : base($"{operation}: {Interop.Errno.Describe(errno)}{(kernelText is null ? "" : $": {kernelText}")}")
    {
        Operation = operation;
        Errno = errno;
        KernelText = kernelText;
    }

    /// <summary>The request, with the name of the object it was about.</summary>
    public string Operation { get; }

    /// <summary>The kernel's error number, positive (errno(3)).</summary>
    public int Errno { get; }

    /// <summary>The kernel's own explanation (NLMSGERR_ATTR_MSG), when it gave one.</summary>
    public string? KernelText { get; }

    /// <summary>Whether the same request may succeed when repeated unchanged.</summary>
    public bool IsTransient => Interop.Errno.IsTransient(Errno);

    /// <summary>The object does not exist (ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL).</summary>
    public bool IsNotFound =>
        Errno is Interop.Errno.NoEntry or Interop.Errno.NoDevice or Interop.Errno.NoProcess
            or Interop.Errno.AddressNotAvailable;

    /// <summary>The object is in use (EBUSY): in another state the same may succeed.</summary>
    public bool IsBusy => Errno == Interop.Errno.Busy;

    /// <summary>An object of this name or key exists already (EEXIST).</summary>
    public bool IsAlreadyPresent => Errno == Interop.Errno.Exists;
}
