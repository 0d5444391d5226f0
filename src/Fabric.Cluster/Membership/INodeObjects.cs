using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The cluster's Node objects, as the holder of the singletons follows them while it holds their lease.</summary>
public interface INodeObjects
{
    /// <summary>Raised after each change of what <see cref="Look"/> gives.</summary>
    ChangeSignal Changed { get; }

    /// <summary>All of them; null while they have not been read in full since <see cref="RunAsync"/> began.</summary>
    /// <remarks>It lags behind: what is missing here may be new, and what is here may be gone. See <see cref="IsDeletedAsync"/>.</remarks>
    ImmutableSortedDictionary<NodeName, NodeSighting>? Look();

    /// <summary>
    /// Whether a Node object that somebody has seen is no more, by a reading of the newest state; null if that can't be had now.
    /// </summary>
    Task<bool?> IsDeletedAsync(NodeName node, string objectUid, CancellationToken cancellationToken);

    /// <summary>Follows them until cancelled, and then returns; what fails meanwhile is reported and tried again.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
