using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>bridge/NAME</c>: the integration bridge and who holds which of its port numbers.</summary>
public abstract record BridgeEvent : IEvent
{
    private BridgeEvent()
    {
    }

    public abstract string Describe();

    /// <summary>What the bridge is to be; everything on it follows from here.</summary>
    public sealed record BridgeConfigured(string Bridge, string DatapathType, int PipelineVersion, InterfaceName Gateway,
        MacAddress GatewayMac, OfPort GatewayOfPort, InterfaceName TunnelPort, OfPort TunnelOfPort, OverlayKind Overlay,
        int OverlayPort, Vni Vni, int MtuBytes, int ConntrackZone, ImmutableArray<Cidr> ClusterCidrs, ImmutableArray<Cidr> PodCidrs,
        ImmutableArray<IpAddress> Vteps) : BridgeEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts
        {
            get
            {
                var cause = CauseSet.Of(new PersistenceId("bridge", Bridge));
                return [(cause.Id, cause.Text)];
            }
        }

        // Immutable arrays compare by reference; a repeated configuration must be known as such.
        public bool Equals(BridgeConfigured? other) => other is not null
            && (Bridge, DatapathType, PipelineVersion, Gateway, GatewayMac, GatewayOfPort, TunnelPort)
                == (other.Bridge, other.DatapathType, other.PipelineVersion, other.Gateway, other.GatewayMac, other.GatewayOfPort, other.TunnelPort)
            && (TunnelOfPort, Overlay, OverlayPort, Vni, MtuBytes, ConntrackZone)
                == (other.TunnelOfPort, other.Overlay, other.OverlayPort, other.Vni, other.MtuBytes, other.ConntrackZone)
            && ClusterCidrs.SequenceEqual(other.ClusterCidrs) && PodCidrs.SequenceEqual(other.PodCidrs) && Vteps.SequenceEqual(other.Vteps);

        public override int GetHashCode() => HashCode.Combine(Bridge, Vni, MtuBytes);

        public override string Describe() =>
            $"bridge {Bridge} configured: {DatapathType} datapath, {Overlay} port {OverlayPort}, VNI {Vni}, MTU {MtuBytes}, pipeline {PipelineVersion}";
    }

    public sealed record OfPortTaken(AttachmentId Attachment, OfPort OfPort, bool EndedRest) : BridgeEvent
    {
        public override string Describe() => $"ofport {OfPort} given to {Attachment}";
    }

    public sealed record OfPortFreed(AttachmentId Attachment, OfPort OfPort, DateTimeOffset At) : BridgeEvent
    {
        public override string Describe() => $"ofport {OfPort} taken back from {Attachment}";
    }
}
