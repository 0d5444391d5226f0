using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The host's end of a veth pair that carries Fabric's alias.</summary>
public sealed record HostLink(InterfaceName Name, AttachmentId Attachment, int IfIndex);
