using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Knows the cluster's virtual networks.</summary>
public sealed class NetworksFollower(NodeParameters node, FollowContext context)
    : StreamFollower<VirtualNetworks.State>(new VirtualNetworks(), VirtualNetworks.Id(node.Options.ClusterName), context)
{
    // What other nodes hold comes with the mesh; of this node's history are its own holdings, and what concerns all.
    protected override bool Concerns(IEvent e) => e switch
    {
        VirtualNetworkEvent.BlocksTaken taken => taken.NodeUid == node.NodeUid,
        VirtualNetworkEvent.BlocksReturned returned => returned.NodeUid == node.NodeUid,
        VirtualNetworkEvent.BlocksRested => false,
        VirtualNetworkEvent.AddressClaimed claimed => claimed.NodeUid == node.NodeUid,
        VirtualNetworkEvent.ClaimReleased released => released.NodeUid == node.NodeUid,
        _ => true,
    };

    // The keeper looks by itself: most of what it does follows from this node's pods.
    protected override Task ActAsync(VirtualNetworks.State state, Causation? cause) => Task.CompletedTask;
}
