using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A pod's port as the bridge is to have it.</summary>
/// <param name="Record">Kept with the port, for a node whose journal was lost.</param>
public sealed record WantedPort(InterfaceName Name, AttachmentId Attachment, OfPort OfPort, MacAddress Mac, PodRef? Pod, string Record);
