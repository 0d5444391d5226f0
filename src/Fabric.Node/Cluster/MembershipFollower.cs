using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Knows the cluster's members; for <c>fabric members</c>.</summary>
public sealed class MembershipFollower(NodeParameters node, FollowContext context)
    : StreamFollower<Membership.State>(new Membership(), Membership.Id(node.Options.ClusterName), context)
{
    protected override bool Concerns(IEvent e) => false;

    protected override Task ActAsync(Membership.State state, Causation? cause) => Task.CompletedTask;
}
