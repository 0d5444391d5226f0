using Fabric.Messages;

namespace Fabric.Node;

/// <summary>A path whose liveness Open vSwitch is to watch.</summary>
/// <param name="Local">This node's VTEP address, of the same family as <paramref name="Remote"/>, the peer's.</param>
public sealed record WantedPath(NodeName Peer, IpAddress Local, IpAddress Remote);
