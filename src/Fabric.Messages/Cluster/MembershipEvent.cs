using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The stream <c>membership/CLUSTER</c>: each node's state, why, and since when.</summary>
public abstract record MembershipEvent : IEvent
{
    private MembershipEvent()
    {
    }

    public abstract string Describe();

    public abstract NodeName Node { get; init; }

    /// <summary>A node's lease was seen for the first time under this uid.</summary>
    public sealed record MemberJoining(NodeName Node, string NodeUid, long Incarnation, ImmutableArray<IpAddress> UnderlayAddresses,
        ImmutableArray<IpAddress> Vteps, string Version, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() =>
            $"node {Node} is joining: incarnation {Incarnation}, underlay {string.Join(", ", UnderlayAddresses)}, version {Version}";
    }

    /// <summary>The same node under a higher incarnation: its agent has restarted, perhaps with other addresses or version.</summary>
    public sealed record MemberRestarted(NodeName Node, string NodeUid, long Incarnation, ImmutableArray<IpAddress> UnderlayAddresses,
        ImmutableArray<IpAddress> Vteps, string Version, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() =>
            $"node {Node} restarted: incarnation {Incarnation}, underlay {string.Join(", ", UnderlayAddresses)}, version {Version}";
    }

    public sealed record MemberUp(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is up: {Reason}";
    }

    /// <summary>The lease ran out. Forwarding to the node goes on: its data path outlives its agent.</summary>
    public sealed record MemberUnreachable(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is unreachable: {Reason}";
    }

    public sealed record MemberLeaving(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is leaving: {Reason}";
    }

    public sealed record MemberDown(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is down: {Reason}";
    }

    public sealed record MemberRemoved(NodeName Node, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} was removed: {Reason}";
    }
}
