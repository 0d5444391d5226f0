using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Tells this node which blocks are its own.</summary>
/// <param name="adopt">Called with them whenever they may have changed; never with none.</param>
/// <param name="confirmed">Called once the store has told all that it knows of them, after <paramref name="adopt"/>.</param>
public sealed class PodCidrFollower(
    NodeParameters node, Func<ImmutableArray<Cidr>, CorrelationId, Causation?, Task> adopt, Action confirmed, FollowContext context)
    : StreamFollower<PodCidr.State>(new PodCidr(), PodCidr.Id(node.Options.ClusterName), context)
{
    private bool _isConfirmed;

    // Other nodes' blocks come with the mesh; only this node's own are of its history.
    protected override bool Concerns(IEvent e) => e is PodCidrEvent.PodCidrAssigned assigned && assigned.NodeUid == node.NodeUid;

    protected override async Task ActAsync(PodCidr.State state, Causation? cause)
    {
        if (state.CidrsOf(node.NodeUid) is { IsEmpty: false } mine)
            await adopt(mine, CorrelationId.None, cause);
        // Only now: until then an ADD would be served from the old block.
        if (!_isConfirmed)
            confirmed();
        _isConfirmed = true;
    }
}
