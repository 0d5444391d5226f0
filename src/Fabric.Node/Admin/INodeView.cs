using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>What the outside may know of the node.</summary>
public interface INodeView
{
    /// <summary>Called on the event loop; copies references only, because the loop waits meanwhile.</summary>
    NodeFacts Read();

    /// <summary>Raised when members, pod CIDRs or the reach of the store may have changed. Any thread.</summary>
    ChangeSignal ClusterChanges { get; }
}
