using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>port/CONTAINER/IFNAME</c>: one pod interface from request to detachment.</summary>
public abstract record PortEvent : IEvent
{
    private PortEvent()
    {
    }

    public abstract string Describe();

    /// <summary>A CNI ADD was accepted; names are derived, nothing is touched yet.</summary>
    /// <param name="Bridge">The bridge that will be asked for a port number.</param>
    /// <param name="Pools">The address pools that will be asked; empty when an IPAM plugin has given the addresses.</param>
    /// <param name="DelegatedAddresses">What the IPAM plugin gave.</param>
    /// <param name="Virtual">Null on the default network.</param>
    /// <param name="Attempt">Grows with every ADD and DEL of this attachment; late results of older attempts are ignored.</param>
    public sealed record AttachmentRequested(
        AttachmentId Attachment,
        NetworkName Network,
        string ConfigurationDigest,
        SandboxRef Sandbox,
        InterfaceName HostInterface,
        MacAddress Mac,
        int MtuBytes,
        PodRef? Pod,
        PersistenceId Bridge,
        ImmutableArray<PersistenceId> Pools,
        ImmutableArray<IpAddress> RequestedAddresses,
        string? IpamPlugin,
        ImmutableArray<AddressPrefix> DelegatedAddresses,
        ImmutableArray<PodRoute> Routes,
        int Attempt,
        string BootId,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] VirtualAttachment? Virtual = null) : PortEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts
        {
            get
            {
                var cause = CauseSet.Of(new PersistenceId("port", Attachment.ToString()));
                return [(cause.Id, cause.Text)];
            }
        }

        public override string Describe() =>
            $"attachment requested{(Pod is { } pod ? $" for pod {pod}" : "")} on network {Network}{(Virtual is { } v ? $" ({v.Network})" : "")}: {HostInterface}, MAC {Mac}";
    }

    public sealed record AddressAssigned(PersistenceId Pool, AddressPrefix Address, IpAddress Gateway) : PortEvent
    {
        public override string Describe() => $"address {Address} assigned from {Pool}, gateway {Gateway}";
    }

    public sealed record OfPortAssigned(OfPort OfPort) : PortEvent
    {
        public override string Describe() => $"ofport {OfPort} assigned";
    }

    /// <summary>The port forwards and its flows are in place: what kernel and Open vSwitch answered.</summary>
    public sealed record AttachmentReady(int Attempt, int HostIfIndex, MacAddress HostMac, int PodIfIndex, MacAddress Mac,
        OfPort OfPort, string InterfaceUuid) : PortEvent
    {
        public override string Describe() => $"ready: ofport {OfPort}, MAC {Mac}, host ifindex {HostIfIndex}";
    }

    /// <summary>The attachment can't be completed; everything done for it is being undone.</summary>
    public sealed record AttachmentFailed(int Attempt, string Stage, string Code, string Message) : PortEvent
    {
        public override string Describe() => $"attachment failed at {Stage}: {Message}";
    }

    /// <summary>Host veth and namespace are both gone: the pod died without a DEL. Released after a grace time.</summary>
    public sealed record AttachmentOrphaned(string Finding) : PortEvent
    {
        public override string Describe() => $"orphaned: {Finding}";
    }

    public sealed record DetachRequested(int Attempt, string Reason) : PortEvent
    {
        public override string Describe() => $"detach requested: {Reason}";
    }

    /// <summary>Flows, Open vSwitch port and pod end are gone; address and ofport can be given back.</summary>
    public sealed record PortUnplumbed(int Attempt) : PortEvent
    {
        public override string Describe() => "flows, Open vSwitch port and pod interface removed";
    }

    /// <summary>A step of the detachment failed and will be tried again.</summary>
    public sealed record DetachDelayed(int Attempt, string Stage, string Reason) : PortEvent
    {
        public override string Describe() => $"detach delayed at {Stage}: {Reason}";
    }

    /// <summary>Another try at a detachment that was delayed or interrupted.</summary>
    public sealed record DetachRetried(int Attempt, string Reason) : PortEvent
    {
        public override string Describe() => $"detach tried again: {Reason}";
    }

    public sealed record HoldingReleased(PersistenceId Holder) : PortEvent
    {
        public override string Describe() => $"{Holder} took back what it had given";
    }

    public sealed record Detached(int Attempt) : PortEvent
    {
        public override string Describe() => "detached";
    }
}
