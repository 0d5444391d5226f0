using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What entities want done to kernel and Open vSwitch.</summary>
public abstract record DriverCall : IDriverCall
{
    private DriverCall()
    {
    }

    /// <summary>Make the attachment forward: veth, addresses, port, flows. Answered by <see cref="Port.Command.Plumbed"/> or
    /// <see cref="Port.Command.PlumbFailed"/>.</summary>
    public sealed record Plumb(AttachmentId Attachment, int Attempt) : DriverCall;

    /// <summary>Take everything of the attachment away, in whatever state it is. Answered by <see cref="Port.Command.Unplumbed"/> or
    /// <see cref="Port.Command.UnplumbFailed"/>.</summary>
    public sealed record Unplumb(AttachmentId Attachment, int Attempt) : DriverCall;

    /// <summary>Resolve a VTEP's link address before the first packet needs it. No answer.</summary>
    public sealed record WarmNeighbour(IpAddress Vtep) : DriverCall;
}
