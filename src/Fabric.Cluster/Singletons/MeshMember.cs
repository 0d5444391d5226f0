using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>A member with what the mesh needs of it; or who was one, with the reason why it leaves.</summary>
/// <param name="PodCidrs">Empty while it has none; it is not joined then.</param>
public sealed record MeshMember(
    NodeName Node, string Uid, MemberState State, string Reason, ImmutableArray<IpAddress> Vteps, ImmutableArray<Cidr> PodCidrs);
