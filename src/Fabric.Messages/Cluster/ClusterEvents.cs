namespace Fabric.Messages;

/// <summary>
/// Every event of the cluster journal with its manifest. A released line is never changed; see <see
/// cref="EventCatalog"/>.
/// </summary>
public static class ClusterEvents
{
    public static EventCatalog Catalog { get; } = new EventCatalog.Builder()
        .Add("member-joining/1", ClusterEventJson.Default.MemberJoining)
        .Add("member-restarted/1", ClusterEventJson.Default.MemberRestarted)
        .Add("member-up/1", ClusterEventJson.Default.MemberUp)
        .Add("member-unreachable/1", ClusterEventJson.Default.MemberUnreachable)
        .Add("member-leaving/1", ClusterEventJson.Default.MemberLeaving)
        .Add("member-down/1", ClusterEventJson.Default.MemberDown)
        .Add("member-drained/1", ClusterEventJson.Default.MemberDrained)
        .Add("member-removed/1", ClusterEventJson.Default.MemberRemoved)
        .Add("singleton-moved/1", ClusterEventJson.Default.SingletonMoved)
        .Add("pod-cidr-source-chosen/1", ClusterEventJson.Default.SourceChosen)
        .Add("cluster-cidr-added/1", ClusterEventJson.Default.ClusterCidrAdded)
        .Add("pod-cidr-assigned/1", ClusterEventJson.Default.PodCidrAssigned)
        .Add("pod-cidr-freed/1", ClusterEventJson.Default.PodCidrFreed)
        .Add("pod-cidr-running-low/1", ClusterEventJson.Default.PodCidrRunningLow)
        .Add("mesh-opened/1", ClusterEventJson.Default.MeshOpened)
        .Add("vtep-joined/1", ClusterEventJson.Default.VtepJoined)
        .Add("vtep-left/1", ClusterEventJson.Default.VtepLeft)
        .Add("network-created/1", ClusterEventJson.Default.NetworkCreated)
        .Add("network-deleted/1", ClusterEventJson.Default.NetworkDeleted)
        .Add("network-forgotten/1", ClusterEventJson.Default.NetworkForgotten)
        .Add("network-blocks-taken/1", ClusterEventJson.Default.BlocksTaken)
        .Add("network-blocks-returned/1", ClusterEventJson.Default.BlocksReturned)
        .Add("network-blocks-rested/1", ClusterEventJson.Default.BlocksRested)
        .Add("network-address-claimed/1", ClusterEventJson.Default.AddressClaimed)
        .Add("network-claim-released/1", ClusterEventJson.Default.ClaimReleased)
        .Build();
}
