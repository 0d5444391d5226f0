using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>One line of <c>fabric members</c>.</summary>
/// <param name="IsDrained">It takes no new pods.</param>
/// <param name="IsFormer">The uid is no member any more; what it still holds is listed.</param>
public sealed record MemberView(
    NodeName Node,
    MemberState State,
    DateTimeOffset Since,
    string Reason,
    long Incarnation,
    string Uid,
    ImmutableArray<IpAddress> UnderlayAddresses,
    string Version,
    ImmutableArray<Cidr> PodCidrs,
    bool IsDrained,
    bool IsFormer)
{
    /// <summary>All members, and those who were, ordered by name.</summary>
    public static ImmutableArray<MemberView> Of(Membership.State members, PodCidr.State podCidrs) =>
    [
        .. members.Members.Values.Select(m => new MemberView(m.Node, m.State, m.Since, m.Reason, m.Incarnation, m.Uid,
                m.UnderlayAddresses, m.Version, podCidrs.CidrsOf(m.Uid), m.IsDrained, IsFormer: false))
            .Concat(members.Former.Values.Select(f => new MemberView(f.Node, f.State, f.Since, f.Reason, f.Incarnation, f.Uid,
                [], "", podCidrs.CidrsOf(f.Uid), IsDrained: false, IsFormer: true)))
            .OrderBy(m => m.Node).ThenBy(m => m.IsFormer).ThenBy(m => m.Since),
    ];
}
