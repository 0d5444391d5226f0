using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Told of what an operator should see of driver calls.</summary>
public interface IPlumberObserver
{
    /// <summary>A failure that nobody foresaw: a bug.</summary>
    void PlumbingBroke(AttachmentId attachment, Exception failure);

    void NeighbourCold(IpAddress vtep, string reason);
}
