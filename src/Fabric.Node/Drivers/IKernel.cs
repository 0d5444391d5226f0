using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the node needs of the kernel. Every call may be repeated; failures are <see cref="KernelException"/>.</summary>
/// <remarks>Used from the event loop; calls complete on it.</remarks>
public interface IKernel
{
    /// <summary>Makes the veth pair of an attachment, or takes over the one that is there.</summary>
    Task<PodLinkMade> AttachAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken);

    /// <summary>Tells the neighbourhood where the pod's addresses are (gratuitous ARP, unsolicited NA).</summary>
    Task AnnounceAsync(PodLinkRequest request, Sandbox sandbox, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the pod's interface away: both names are free for the next attachment when this returns; the deletion itself, slow in
    /// the kernel, goes on behind it. A link that is not this attachment's is left alone. Nothing there is success.
    /// </summary>
    /// <param name="sandbox">Null when the namespace is not at hand.</param>
    Task DetachAsync(AttachmentId attachment, InterfaceName hostInterface, Sandbox? sandbox, CancellationToken cancellationToken);

    /// <summary>The pod's interface as it is now, or null if there is none of that name.</summary>
    Task<PodLinkSeen?> InspectAsync(AttachmentId attachment, Sandbox sandbox, CancellationToken cancellationToken);

    /// <summary>All host ends with Fabric's alias.</summary>
    Task<ImmutableArray<HostLink>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Brings gateway device, routes, kernel settings and nft rules to the given form.</summary>
    /// <returns>What was changed, one sentence each.</returns>
    Task<ImmutableArray<string>> ConfigureGatewayAsync(GatewayRequest request, CancellationToken cancellationToken);

    /// <summary>Resolves a VTEP's link address before the first packet needs it.</summary>
    Task WarmNeighbourAsync(IpAddress vtep, CancellationToken cancellationToken);
}
