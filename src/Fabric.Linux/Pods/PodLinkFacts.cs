using System.Net.NetworkInformation;

namespace Fabric.Linux.Pods;

/// <summary>An attached pod as the kernel reports it.</summary>
public sealed record PodLinkFacts
{
    /// <summary>The index of the host's end.</summary>
    public required int HostIndex { get; init; }

    /// <summary>The hardware address of the host's end.</summary>
    public required PhysicalAddress HostMac { get; init; }

    /// <summary>The index of the pod's end in the pod's namespace.</summary>
    public required int PodIndex { get; init; }

    /// <summary>The pod's hardware address.</summary>
    public required PhysicalAddress PodMac { get; init; }

    /// <summary>The MTU of the pod's end in bytes.</summary>
    public required int MtuBytes { get; init; }

    /// <summary>The pod's namespace.</summary>
    public required NetworkNamespaceId Namespace { get; init; }

    /// <summary>Whether the link of an earlier, equal call was found and taken over.</summary>
    public required bool Adopted { get; init; }
}
