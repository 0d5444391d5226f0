using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Knows the pods' annotations. Used on the event loop.</summary>
public interface IPodAnnotations
{
    /// <summary>
    /// The annotations of exactly this pod, or <see cref="PodAnnotations.Unread"/>; within about a second, and at once for a pod that
    /// is known already. One that is gone has none.
    /// </summary>
    ValueTask<PodAnnotations> ReadAsync(PodRef pod, CancellationToken cancellationToken);

    /// <summary>A pod was attached as its configuration alone says, since its annotations could not be read.</summary>
    void AttachedUnread(PodRef pod, CniConfiguration configuration);
}
