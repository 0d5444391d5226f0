namespace Fabric.Messages;

/// <summary>The integration bridge as it is configured.</summary>
/// <param name="OverlayPort">The UDP port; 0 for GRE.</param>
public sealed record BridgeAnswer(
    string Bridge, string DatapathType, string Overlay, int OverlayPort, Vni Vni, int MtuBytes, int PipelineVersion);
