namespace Fabric.Node;

/// <summary>What the outside may know of the cluster, as this node does.</summary>
public interface IClusterView
{
    /// <summary>Called on the event loop; never asks the store.</summary>
    ClusterFacts Read();
}
