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
        int OverlayPort, Vni Vni, int MtuBytes, int ConntrackZone) : BridgeEvent
    {
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
