using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What this node asks of the cluster's virtual networks; answers are <see cref="VirtualNetworks.Reply"/>. On the event loop.</summary>
/// <remarks>Each may be repeated. Unavailable means that the cluster store does not answer, and that it may have happened.</remarks>
public interface INetworkBlocks
{
    /// <returns><see cref="VirtualNetworks.Reply.Taken"/>; rejected as <c>unknown-network</c> or <c>blocks-exhausted</c>.</returns>
    Task<AskResult> TakeBlocksAsync(NetworkName network, CancellationToken cancellationToken);

    /// <summary>Only once this node's journal says, synced, that the blocks are not used here any more.</summary>
    Task<AskResult> ReturnBlocksAsync(NetworkName network, string reason, CancellationToken cancellationToken);

    Task<AskResult> ClaimAsync(NetworkName network, AttachmentId attachment, IpAddress address, CancellationToken cancellationToken);

    Task<AskResult> ReleaseClaimAsync(
        NetworkName network, AttachmentId attachment, IpAddress address, string reason, CancellationToken cancellationToken);
}
