using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the cluster says of this node: a member, removed, drained. Kept in the node's journal, so it holds without the store.</summary>
/// <remarks>Lives on the event loop. Knows also what the journal could not be told.</remarks>
public sealed class ClusterStanding(NodeParameters node, IEntityHost host, NodeFold fold, TimeProvider time)
{
    private bool? _isRemoved;
    private bool? _isDrained;
    private string? _reason;

    /// <summary>Why this node is no member, or null.</summary>
    public string? Removal => (_isRemoved ?? fold.State.Removal is not null) ? _reason ?? fold.State.Removal?.Reason : null;

    public bool IsDrained => _isDrained ?? fold.State.IsDrained;

    public void Removed(FormerMember former)
    {
        var isNews = Removal is null;
        (_isRemoved, _reason) = (true, former.Reason);
        if (isNews)
            Record(new NodeEvent.RemovedFromCluster(former.Reason, time.GetUtcNow()));
    }

    public void IsMember(Member member)
    {
        var wasRemoved = Removal is not null;
        (_isRemoved, _reason) = (false, null);
        if (wasRemoved)
            Record(new NodeEvent.RejoinedCluster(member.Incarnation));
        var wasDrained = IsDrained;
        _isDrained = member.IsDrained;
        if (wasDrained != member.IsDrained)
            Record(new NodeEvent.DrainChanged(member.IsDrained));
    }

    private void Record(NodeEvent e) =>
        host.Tell(NodeLife.Id(node.Options.NodeName), new NodeLife.Record(e), CorrelationId.None);
}
