using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Tells this node which blocks are its own, and all pods' addresses.</summary>
/// <param name="core">Adopts blocks, or gives them up.</param>
/// <param name="confirmed">Called once the store has told all that it knows of them, after they were adopted.</param>
public sealed class PodCidrFollower(NodeParameters node, NodeCore core, Action confirmed, FollowContext context)
    : StreamFollower<PodCidr.State>(new PodCidr(), PodCidr.Id(node.Options.ClusterName), context)
{
    private readonly AgentLog _log = context.Log;
    private (ImmutableArray<Cidr> Own, ImmutableArray<Cidr> Cluster)? _known;

    /// <summary>Ranges of this node's options that are not the cluster's; said once, since the cluster's hold.</summary>
    public ImmutableArray<Cidr> Unused { get; private set; } = [];

    // Other nodes' blocks come with the mesh; only this node's own are of its history, and what concerns all.
    protected override bool Concerns(IEvent e) => e switch
    {
        PodCidrEvent.PodCidrAssigned assigned => assigned.NodeUid == node.NodeUid,
        PodCidrEvent.PodCidrFreed freed => freed.NodeUid == node.NodeUid,
        _ => true,
    };

    protected override async Task ActAsync(PodCidr.State state, Causation? cause)
    {
        var own = state.CidrsOf(node.NodeUid);
        ImmutableArray<Cidr> cluster = [.. state.ClusterCidrs.Select(c => c.Cidr)];
        var isFirst = _known is null;
        if (_known is not { } known || !known.Own.SequenceEqual(own) || !known.Cluster.SequenceEqual(cluster))
        {
            _known = (own, cluster);
            Compare(cluster);
            if (!cluster.IsEmpty)
                core.ClusterCidrs = cluster;
            await (own.IsEmpty
                ? core.WithdrawAsync("the cluster has assigned this node none", cause)
                : core.AdoptAsync(own, CorrelationId.None, cause));
        }
        // Only now: until then an ADD would be served from the old block.
        if (isFirst)
            confirmed();
    }

    private void Compare(ImmutableArray<Cidr> cluster)
    {
        ImmutableArray<Cidr> unused = cluster.IsEmpty ? [] : [.. node.Options.ClusterCidrs.Where(c => !cluster.Contains(c))];
        if (!unused.SequenceEqual(Unused) && !unused.IsEmpty)
        {
            _log.Warn($"--cluster-cidr {string.Join(", ", unused)} is not of this cluster, which has {string.Join(", ", cluster)}: "
                + "fabric cidr add makes it so");
        }
        Unused = unused;
    }
}
