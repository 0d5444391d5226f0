using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A port of the bridge that Fabric made, as OVSDB has it.</summary>
/// <param name="Attachment">Null for the bridge's own ports (gateway, tunnel, paths to peers).</param>
/// <param name="OfPort">Null until Open vSwitch has opened the device, or if it could not.</param>
/// <param name="Error">Open vSwitch's words if it could not.</param>
public sealed record SwitchPort(InterfaceName Name, AttachmentId? Attachment, OfPort? OfPort, string? Error, string InterfaceUuid);
