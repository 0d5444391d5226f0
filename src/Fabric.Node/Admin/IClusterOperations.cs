using System.Collections.Immutable;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What an operator may ask the cluster for by way of this agent. Called on the event loop.</summary>
/// <remarks>Each may be repeated: a repeat finishes what an earlier call left half done.</remarks>
public interface IClusterOperations
{
    Task<OperationOutcome> DrainAsync(NodeName node, bool isDrained, CancellationToken cancellationToken);

    /// <param name="uid">Only this uid; null for all that had the name.</param>
    Task<OperationOutcome> RemoveAsync(NodeName node, string? uid, bool isForced, CancellationToken cancellationToken);

    Task<OperationOutcome> AddCidrAsync(ClusterCidr range, CancellationToken cancellationToken);

    /// <param name="vni">Null for the next one.</param>
    Task<OperationOutcome> CreateNetworkAsync(
        NetworkName network, Vni? vni, ImmutableArray<NetworkSubnet> subnets, CancellationToken cancellationToken);

    Task<OperationOutcome> DeleteNetworkAsync(NetworkName network, CancellationToken cancellationToken);
}
