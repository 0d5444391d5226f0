using Fabric.Linux.Netlink;

namespace Fabric.Linux.Pods;

/// <summary>Thrown when a pod's link can't be made, changed or removed.</summary>
public sealed class PodLinkException : Exception
{
    internal PodLinkException(PodLinkFailure reason, string step, string detail, Exception? cause = null)
        : base($"{step}: {detail}", cause)
    {
        Reason = reason;
        Step = step;
    }

    /// <summary>Why.</summary>
    public PodLinkFailure Reason { get; }

    /// <summary>The step that failed.</summary>
    public string Step { get; }

    /// <summary>The kernel's error number; 0 when the kernel was not asked.</summary>
    public int Errno => InnerException switch
    {
        NetlinkException netlink => netlink.Errno,
        SystemCallException call => call.Errno,
        _ => 0,
    };

    /// <summary>Whether the same call may succeed when repeated unchanged.</summary>
    public bool IsTransient => InnerException switch
    {
        NetlinkException netlink => netlink.IsTransient,
        SystemCallException call => call.IsTransient,
        _ => false,
    };
}
