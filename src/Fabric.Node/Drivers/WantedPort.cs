using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A pod's port as the bridge is to have it.</summary>
public sealed record WantedPort(InterfaceName Name, AttachmentId Attachment, OfPort OfPort, MacAddress Mac, PodRef? Pod);
