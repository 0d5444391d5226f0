namespace Fabric.Ovs.OpenFlow;

/// <summary>What the switch said of itself (OpenFlow 1.5.1, 7.3.1).</summary>
/// <param name="DatapathId">The bridge's id; its low 48 bits are its Ethernet address.</param>
/// <param name="Tables">The number of flow tables.</param>
/// <param name="Capabilities">OFPC_* bits; 0x200 is bundles.</param>
public sealed record SwitchFeatures(ulong DatapathId, byte Tables, uint Capabilities);
