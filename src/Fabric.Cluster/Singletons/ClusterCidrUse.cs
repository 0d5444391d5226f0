using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>How much of a cluster CIDR is used, in blocks for one node each.</summary>
/// <param name="Resting">Freed less than the quarantine ago; only who held them gets them.</param>
public sealed record ClusterCidrUse(ClusterCidr Range, long Blocks, int Assigned, int Resting)
{
    public static ImmutableArray<ClusterCidrUse> Of(PodCidr.State state, TimeSpan quarantine, DateTimeOffset at) =>
    [
        .. state.ClusterCidrs.Select(range => new ClusterCidrUse(range, (long)range.Blocks,
            state.Assigned.Values.Sum(a => a.Cidrs.Count(c => range.Cidr.Contains(c))),
            state.Resting.Count(r => range.Cidr.Contains(r.Key) && at < r.Value.Since + quarantine))),
    ];
}
