using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The stream <c>podcidr/CLUSTER</c>: which node's pods may use which addresses.</summary>
public abstract record PodCidrEvent : IEvent
{
    private PodCidrEvent()
    {
    }

    public abstract string Describe();

    /// <summary>The first event: who decides, <c>fabric</c> or <c>kubernetes</c>. It can't be changed.</summary>
    public sealed record SourceChosen(string Source) : PodCidrEvent
    {
        public override string Describe() => $"pod CIDRs come from {Source}";
    }

    public sealed record ClusterCidrAdded(Cidr Cidr, int NodePrefixLength) : PodCidrEvent
    {
        public override string Describe() => $"cluster CIDR {Cidr} added, one /{NodePrefixLength} for each node";
    }

    public sealed record PodCidrAssigned(NodeName Node, string NodeUid, ImmutableArray<Cidr> Cidrs) : PodCidrEvent
    {
        public override string Describe() => $"node {Node} was assigned {string.Join(", ", Cidrs)}";
    }

    /// <summary>The blocks rest until the quarantine has passed, then they can be assigned again.</summary>
    public sealed record PodCidrFreed(NodeName Node, string NodeUid, ImmutableArray<Cidr> Cidrs, string Reason, DateTimeOffset At)
        : PodCidrEvent
    {
        public override string Describe() => $"{string.Join(", ", Cidrs)} of node {Node} freed: {Reason}";
    }

    /// <summary>
    /// At least 80 % of one family's blocks are held; said once, and again when that has been undone in between.
    /// </summary>
    /// <param name="ClusterCidrs">The family's ranges.</param>
    /// <param name="Assigned">Blocks that nodes hold.</param>
    /// <param name="Blocks">Blocks that there are.</param>
    public sealed record PodCidrRunningLow(bool IsV6, ImmutableArray<Cidr> ClusterCidrs, long Assigned, long Blocks) : PodCidrEvent
    {
        public override string Describe() =>
            $"pod CIDRs are running low: {Assigned} of {Blocks} blocks of {string.Join(", ", ClusterCidrs)} are held";
    }
}
