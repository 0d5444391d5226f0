namespace Fabric.Ovs.OpenFlow;

/// <summary>Flags of a flow (OpenFlow 1.5.1, 7.3.4.1, ofp_flow_mod_flags).</summary>
[Flags]
public enum FlowFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A message when the flow expires or is deleted.</summary>
    SendFlowRemoved = 1,

    /// <summary>Refuse the flow when one of equal priority overlaps it.</summary>
    CheckOverlap = 2,

    /// <summary>Start the counters of a replaced or modified flow at zero.</summary>
    ResetCounts = 4,

    /// <summary>Do not count packets; Open vSwitch counts nevertheless.</summary>
    NoPacketCounts = 8,

    /// <summary>Do not count bytes; Open vSwitch counts nevertheless.</summary>
    NoByteCounts = 16,
}
