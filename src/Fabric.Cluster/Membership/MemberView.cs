using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>One line of <c>fabric members</c>.</summary>
public sealed record MemberView(
    NodeName Node,
    MemberState State,
    DateTimeOffset Since,
    string Reason,
    long Incarnation,
    string Uid,
    ImmutableArray<IpAddress> UnderlayAddresses,
    string Version,
    ImmutableArray<Cidr> PodCidrs)
{
    /// <summary>All members, ordered by name.</summary>
    public static ImmutableArray<MemberView> Of(Membership.State members, PodCidr.State podCidrs) =>
    [
        .. members.Members.Values.Select(m => new MemberView(m.Node, m.State, m.Since, m.Reason, m.Incarnation, m.Uid,
            m.UnderlayAddresses, m.Version, podCidrs.CidrsOf(m.Uid))),
    ];
}
