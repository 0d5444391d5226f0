using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The stream <c>node/NAME</c>: the agent's own life.</summary>
public abstract record NodeEvent : IEvent
{
    private NodeEvent()
    {
    }

    public abstract string Describe();

    public sealed record AgentStarted(NodeName Node, string NodeUid, long Incarnation, string Version, string BootId, bool NewBoot)
        : NodeEvent
    {
        public override string Describe() =>
            $"agent {Version} started on {Node}, incarnation {Incarnation}{(NewBoot ? ", first since the machine booted" : "")}";
    }

    public sealed record AgentStopped(string Reason) : NodeEvent
    {
        public override string Describe() => $"agent stopped: {Reason}";
    }

    /// <summary>The wall clock jumped by more than a second against the monotonic one.</summary>
    public sealed record ClockStepped(TimeSpan By) : NodeEvent
    {
        public override string Describe() => $"the clock stepped by {By.TotalSeconds:+0.0;-0.0} s";
    }

    /// <summary>This node's own block of pod addresses, as the cluster assigned it.</summary>
    public sealed record PodCidrsAdopted(ImmutableArray<Cidr> Cidrs) : NodeEvent
    {
        public override string Describe() => $"pod CIDR {string.Join(", ", Cidrs)} adopted";
    }

    /// <summary>The cluster took this node's block away: no pod gets an address of it any more.</summary>
    public sealed record PodCidrsWithdrawn(ImmutableArray<Cidr> Cidrs, string Reason) : NodeEvent
    {
        public override string Describe() => $"pod CIDR {string.Join(", ", Cidrs)} withdrawn: {Reason}";
    }

    /// <summary>
    /// Attachments that kept addresses of a block that is no longer this node's: other nodes send packets for them elsewhere.
    /// </summary>
    /// <param name="Cidrs">What is this node's now.</param>
    public sealed record AttachmentsStranded(ImmutableArray<AttachmentId> Attachments, ImmutableArray<Cidr> Cidrs) : NodeEvent
    {
        public override string Describe() => $"{Attachments.Length} attachments have addresses outside of {string.Join(", ", Cidrs)} and are "
            + $"not reached from other nodes: {string.Join(", ", Attachments)}";
    }

    /// <summary>The cluster removed this node; it serves no ADD until it is a member again.</summary>
    public sealed record RemovedFromCluster(string Reason, DateTimeOffset Since) : NodeEvent
    {
        public override string Describe() => $"removed from the cluster: {Reason}";
    }

    /// <summary>After a removal: a member again.</summary>
    public sealed record RejoinedCluster(long Incarnation) : NodeEvent
    {
        public override string Describe() => $"a member of the cluster again, as incarnation {Incarnation}";
    }

    /// <summary>An operator drained this node, or ended that.</summary>
    public sealed record DrainChanged(bool IsDrained) : NodeEvent
    {
        public override string Describe() => IsDrained ? "drained: no new pods" : "no longer drained";
    }

    /// <summary>BFD on the path to a peer came up or went down; not written for a path that is up when it is first seen.</summary>
    /// <param name="State"><c>up</c>, <c>down</c>, <c>init</c> or <c>admin_down</c>.</param>
    /// <param name="Diagnostic">Why it was last taken down, in Open vSwitch's words (RFC 5880, 4.1), or null.</param>
    public sealed record PeerPathChanged(NodeName Peer, string State, string? Diagnostic) : NodeEvent
    {
        public override string Describe() => $"path to {Peer} {State}{(State != "up" && Diagnostic is { } why ? $": {why}" : "")}";
    }

    /// <summary>Open vSwitch went away or came back.</summary>
    public sealed record SwitchLost(string Reason) : NodeEvent
    {
        public override string Describe() => $"Open vSwitch lost: {Reason}";
    }

    public sealed record SwitchRecovered(int Ports, int Flows, TimeSpan Outage) : NodeEvent
    {
        public override string Describe() =>
            $"Open vSwitch is back after {Outage.TotalMilliseconds:0} ms: {Ports} ports and {Flows} flows in place";
    }

    /// <summary>The journal was damaged and a new one was begun; the old file is kept beside it.</summary>
    public sealed record JournalReplaced(string Finding, string KeptAs) : NodeEvent
    {
        public override string Describe() => $"journal replaced: {Finding}; the old one is kept as {KeptAs}";
    }

    /// <summary>The journal could not be written; written itself only once it can be again, or with the gap's event.</summary>
    public sealed record JournalUnwritable(string Reason) : NodeEvent
    {
        public override string Describe() => $"the journal could not be written: {Reason}";
    }

    /// <summary>The journal could not be written for a while; what happened to the agent meanwhile is not known.</summary>
    public sealed record HistoryMissing(DateTimeOffset From, DateTimeOffset To, string Reason) : NodeEvent
    {
        public override string Describe() => $"no history from {From:HH:mm:ss.fff} to {To:HH:mm:ss.fff}: {Reason}";
    }
}
