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

    /// <summary>A node's lease was seen for the first time under this uid, or after its removal.</summary>
    /// <param name="EventLevel">The newest cluster events that it can read (<see cref="EventCatalog.Level"/>).</param>
    /// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
    public sealed record MemberJoining(NodeName Node, string NodeUid, long Incarnation, ImmutableArray<IpAddress> UnderlayAddresses,
        ImmutableArray<IpAddress> Vteps, string Version, int EventLevel, DateTimeOffset Since, string? ObjectUid = null) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() =>
            $"node {Node} is joining: incarnation {Incarnation}, underlay {string.Join(", ", UnderlayAddresses)}, version {Version}";
    }

    /// <summary>The same node under a higher incarnation: its agent has restarted, perhaps with other addresses or version.</summary>
    /// <param name="ObjectUid">The uid of its Node object in Kubernetes; null outside.</param>
    public sealed record MemberRestarted(NodeName Node, string NodeUid, long Incarnation, ImmutableArray<IpAddress> UnderlayAddresses,
        ImmutableArray<IpAddress> Vteps, string Version, int EventLevel, DateTimeOffset Since, string? ObjectUid = null) : MembershipEvent
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

    /// <summary>Its agent is stopping, or it has been drained; its pods stay reachable.</summary>
    public sealed record MemberLeaving(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is leaving: {Reason}";
    }

    /// <summary>Its agent has stopped in good order, or another node has its name now. Forwarding to its pods goes on.</summary>
    public sealed record MemberDown(NodeName Node, long Incarnation, string Reason, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is down: {Reason}";
    }

    /// <summary>From now on the node takes no new pods (<paramref name="IsDrained"/>), or takes them again.</summary>
    public sealed record MemberDrained(NodeName Node, string NodeUid, bool IsDrained, string Reason, DateTimeOffset Since)
        : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"node {Node} is {(IsDrained ? "" : "no longer ")}drained: {Reason}";
    }

    /// <summary>
    /// The uid is no member any more: nothing is forwarded to it. It comes back only with an incarnation above this one, which it
    /// takes when it has found out.
    /// </summary>
    /// <param name="FreesCidrs">
    /// Somebody answers for it that no pod is left there: what it held is freed. Otherwise it keeps that.
    /// </param>
    public sealed record MemberRemoved(NodeName Node, string NodeUid, long Incarnation, bool FreesCidrs, string Reason,
        DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() =>
            $"node {Node} ({NodeUid}) was removed{(FreesCidrs ? "" : " and keeps its pod CIDR")}: {Reason}";
    }

    /// <summary>The cluster's singletons run on this node from now on.</summary>
    public sealed record SingletonMoved(NodeName Node, string NodeUid, long Incarnation, DateTimeOffset Since) : MembershipEvent
    {
        public override NodeName Node { get; init; } = Node;

        public override string Describe() => $"the cluster's singletons run on node {Node}";
    }
}
