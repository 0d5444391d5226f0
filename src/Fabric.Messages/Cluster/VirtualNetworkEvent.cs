using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>The stream <c>networks/CLUSTER</c>: the virtual networks, and which node holds which of their addresses.</summary>
public abstract record VirtualNetworkEvent : IEvent
{
    private VirtualNetworkEvent()
    {
    }

    public abstract string Describe();

    public abstract NetworkName Network { get; init; }

    /// <param name="IsVniChosen">The operator asked for this VNI; otherwise it is the next that was never given.</param>
    public sealed record NetworkCreated(NetworkName Network, Vni Vni, bool IsVniChosen, ImmutableArray<NetworkSubnet> Subnets)
        : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"network {Network} created: VNI {Vni}, {string.Join("; ", Subnets)}";
    }

    /// <summary>No node held anything of it.</summary>
    public sealed record NetworkDeleted(NetworkName Network, Vni Vni) : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"network {Network} deleted, VNI {Vni}";
    }

    /// <summary>Nothing is left of a deleted network: its mesh is empty.</summary>
    public sealed record NetworkForgotten(NetworkName Network, Vni Vni) : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"the mesh of deleted network {Network}, VNI {Vni}, is empty";
    }

    /// <summary>A node takes part: its pods get addresses of these blocks, one of each family.</summary>
    public sealed record BlocksTaken(NetworkName Network, NodeName Node, string NodeUid, ImmutableArray<Cidr> Blocks)
        : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"node {Node} took {string.Join(", ", Blocks)} of network {Network}";
    }

    /// <summary>The blocks rest until the quarantine has passed; before that only who held them gets them.</summary>
    public sealed record BlocksReturned(
        NetworkName Network, NodeName Node, string NodeUid, ImmutableArray<Cidr> Blocks, string Reason, DateTimeOffset At)
        : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"{string.Join(", ", Blocks)} of network {Network} came back from node {Node}: {Reason}";
    }

    /// <summary>Any node may take these blocks now.</summary>
    public sealed record BlocksRested(NetworkName Network, ImmutableArray<Cidr> Blocks) : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"{string.Join(", ", Blocks)} of network {Network} have rested";
    }

    /// <summary>A pod asked for this address, which is not of its node's block.</summary>
    public sealed record AddressClaimed(NetworkName Network, IpAddress Address, NodeName Node, string NodeUid, AttachmentId Attachment)
        : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"node {Node} claimed {Address} of network {Network} for {Attachment}";
    }

    /// <param name="RestsSince">
    /// Set when the node did not give it back itself but was removed: the pod may still be about, so the address rests as blocks do.
    /// </param>
    public sealed record ClaimReleased(
        NetworkName Network, IpAddress Address, NodeName Node, string NodeUid, AttachmentId Attachment, string Reason,
        DateTimeOffset? RestsSince = null)
        : VirtualNetworkEvent
    {
        public override NetworkName Network { get; init; } = Network;

        public override string Describe() => $"{Address} of network {Network} came back from node {Node}: {Reason}";
    }
}
