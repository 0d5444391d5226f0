using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>What a node's part in the cluster needs of Kubernetes.</summary>
public interface IKubernetesPart
{
    /// <summary>The uid of this node's Node object; waits until there is one.</summary>
    Task<string> ObjectUidAsync(CancellationToken cancellationToken);

    /// <summary>A follower of all Node objects, for one term of the singletons.</summary>
    INodeObjects FollowNodes();

    /// <summary>A follower of all Network objects, for one term of the singletons.</summary>
    INetworkObjects FollowNetworks();
}
