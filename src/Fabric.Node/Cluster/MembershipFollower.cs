using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Knows the cluster's members, and what they are told of this node.</summary>
/// <remarks>All of it is copied: what became of a member can be read on each node, also without the store.</remarks>
public sealed class MembershipFollower(NodeParameters node, ClusterStanding standing, NodePart part, FollowContext context)
    : StreamFollower<Membership.State>(new Membership(), Membership.Id(node.Options.ClusterName), context)
{
    protected override Task ActAsync(Membership.State state, Causation? cause)
    {
        if (state.Members.TryGetValue(node.Options.NodeName, out var member) && member.Uid == node.NodeUid)
        {
            standing.IsMember(member);
        }
        else if (state.Former.GetValueOrDefault(node.NodeUid) is { State: MemberState.Removed } former)
        {
            standing.Removed(former);
            part.Rejoin(former.Incarnation);
        }
        return Task.CompletedTask;
    }
}
