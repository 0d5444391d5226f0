namespace Fabric.Linux.Pods;

/// <summary>Why a pod's link could not be made or removed.</summary>
public enum PodLinkFailure
{
    /// <summary>The kernel refused a step; see the inner exception.</summary>
    Kernel,

    /// <summary>The pod's namespace has an interface of that name already.</summary>
    InterfaceNameInUse,

    /// <summary>The host has a link of that name that is not this attachment's; it was left alone.</summary>
    ForeignHostLink,

    /// <summary>The namespace given as the pod's is the host's own.</summary>
    HostNamespace,
}
