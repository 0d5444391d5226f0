using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>pool/NETWORK-FAMILY</c>: which attachment holds which address of a node's block.</summary>
public abstract record PoolEvent : IEvent
{
    private PoolEvent()
    {
    }

    public abstract string Describe();

    /// <summary>The pool gives addresses of this block from now on; holders of addresses outside it keep them.</summary>
    /// <param name="Reserved">How many addresses at the block's start are the node's own (network, gateway, host identity).</param>
    /// <param name="Subnet">What the block is of, in a virtual network; null in the default one.</param>
    public sealed record PoolOpened(Cidr Cidr, int Reserved,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NetworkSubnet? Subnet = null) : PoolEvent
    {
        public override string Describe() => Subnet is null
            ? $"pool opened on {Cidr}, the first {Reserved} addresses reserved"
            : $"pool opened on {Cidr} of {Subnet}";
    }

    /// <summary>
    /// The pool gives nothing any more, and nobody holds anything of it: the node gives its block back to the cluster next.
    /// </summary>
    public sealed record PoolClosed(Cidr Cidr, string Reason) : PoolEvent, ISyncedEvent
    {
        public override string Describe() => $"pool on {Cidr} closed: {Reason}";
    }

    /// <param name="EndedRest">The pool was otherwise empty, so an address was taken before its rest was over.</param>
    public sealed record AddressAllocated(AttachmentId Attachment, IpAddress Address, bool EndedRest) : PoolEvent
    {
        public override string Describe() =>
            $"address {Address} allocated to {Attachment}{(EndedRest ? ", before its rest was over: the pool is empty" : "")}";
    }

    public sealed record AddressReleased(AttachmentId Attachment, IpAddress Address, DateTimeOffset At) : PoolEvent
    {
        public override string Describe() => $"address {Address} released by {Attachment}";
    }
}
