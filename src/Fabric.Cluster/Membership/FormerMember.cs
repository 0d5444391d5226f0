using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A uid that is no member any more: it was removed, or another machine has its name.</summary>
/// <param name="Incarnation">The last one known; it comes back with a higher one only.</param>
/// <param name="State"><see cref="MemberState.Removed"/>, or <see cref="MemberState.Down"/> if it was replaced.</param>
/// <param name="FreesCidrs">Whether somebody has answered for it that what it held is free.</param>
/// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
public sealed record FormerMember(
    NodeName Node, string Uid, long Incarnation, MemberState State, bool FreesCidrs, string Reason, DateTimeOffset Since,
    string? ObjectUid = null)
{
    public NodeRef Ref => new(Node, Uid);
}
