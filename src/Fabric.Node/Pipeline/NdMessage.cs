using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>
/// Writes to the two neighbour discovery fields that the OpenFlow library has no name for: nd_reserved (OXM class
/// 0x1000, field 1, 4 bytes) and nd_options_type (class 0x1000, field 2, 1 byte), Open vSwitch 2.11 and later, see
/// ovs-fields(7). They are whole set_field actions (OpenFlow 1.5.1, 7.2.6.7) and read back equal.
/// </summary>
internal static class NdMessage
{
    /// <summary>
    /// The flags of RFC 4861, 4.4: router, solicited, override. Without "solicited" the asker's neighbour entry never
    /// becomes reachable, and fails when it is probed.
    /// </summary>
    internal static FlowAction SetRouterSolicitedOverride { get; } =
        new OpaqueAction("0019001010000204e000000000000000", Instruction: false);

    /// <summary>
    /// Makes the source link-layer address option (1) one for the target's address (2), RFC 4861, 4.6.1.
    /// </summary>
    internal static FlowAction SetOptionToTargetAddress { get; } =
        new OpaqueAction("00190010100004010200000000000000", Instruction: false);
}
