using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The virtual networks, for operators and for this node's own pods.</summary>
public sealed partial class ClusterOperations : INetworkBlocks
{
    private NodeRef Self => new(node.Options.NodeName, node.NodeUid);

    public async Task<OperationOutcome> CreateNetworkAsync(
        NetworkName network, Vni? vni, ImmutableArray<NetworkSubnet> subnets, CancellationToken cancellationToken)
    {
        var create = new VirtualNetworks.Command.Create(network, vni, subnets, node.Options.Vni, [node.Network]);
        return await AskNetworksAsync(create, cancellationToken) switch
        {
            AskResult.Replied { Reply: VirtualNetworks.Reply.Created created } => new OperationOutcome.Done(
                $"network {network} has VNI {created.Vni} and {string.Join(", ", subnets.Select(s => s.Cidr))}"),
            var answer => NotDone(answer),
        };
    }

    public async Task<OperationOutcome> DeleteNetworkAsync(NetworkName network, CancellationToken cancellationToken) =>
        await AskNetworksAsync(new VirtualNetworks.Command.Delete(network), cancellationToken) is not AskResult.Replied and var answer
            ? NotDone(answer)
            : new OperationOutcome.Done($"network {network} is deleted");

    public Task<AskResult> TakeBlocksAsync(NetworkName network, CancellationToken cancellationToken) =>
        AskNetworksAsync(new VirtualNetworks.Command.TakeBlocks(network, Self), cancellationToken);

    public Task<AskResult> ReturnBlocksAsync(NetworkName network, string reason, CancellationToken cancellationToken) =>
        AskNetworksAsync(new VirtualNetworks.Command.ReturnBlocks(network, Self, reason), cancellationToken);

    public Task<AskResult> ClaimAsync(
        NetworkName network, AttachmentId attachment, IpAddress address, CancellationToken cancellationToken) =>
        AskNetworksAsync(new VirtualNetworks.Command.ClaimAddress(network, Self, attachment, address), cancellationToken);

    public Task<AskResult> ReleaseClaimAsync(
        NetworkName network, AttachmentId attachment, IpAddress address, string reason, CancellationToken cancellationToken) =>
        AskNetworksAsync(new VirtualNetworks.Command.ReleaseClaim(network, Self, attachment, address, reason), cancellationToken);

    private async Task<AskResult> AskNetworksAsync(VirtualNetworks.Command command, CancellationToken cancellationToken)
    {
        if (access() is not { } cluster)
            return new AskResult.Unavailable(NotJoined().Reason);
        var (members, fault) = await NewestMembersAsync(cluster, cancellationToken);
        return fault is not null ? new AskResult.Unavailable(fault) : await Networks(cluster, members).AskAsync(command, CorrelationId.None, cancellationToken);
    }

    private ClusterEntityRunner<VirtualNetworks.State> Networks(
        (IClusterStore Store, ClusterWriter Writer) cluster, ClusterEntityRunner<Membership.State> members) => new(
        new VirtualNetworks(), VirtualNetworks.Id(node.Options.ClusterName), cluster.Store, node.Streams, cluster.Writer,
        _ => members.State.EventLevel);
}
