using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What Open vSwitch's BFD (RFC 5880) says of the path to a peer.</summary>
/// <param name="State"><c>up</c>, <c>down</c>, <c>init</c> or <c>admin_down</c>; null while Open vSwitch has not said anything.</param>
/// <param name="Diagnostic">Why the session was last taken down, in Open vSwitch's words; null if it never was.</param>
public sealed record PeerPath(NodeName Peer, string? State, string? Diagnostic)
{
    public bool IsUp => State == "up";
}
