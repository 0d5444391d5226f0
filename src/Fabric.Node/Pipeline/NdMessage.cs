using Fabric.Ovs.OpenFlow;

namespace Fabric.Node.Pipeline;

/// <summary>What makes an advertisement of a solicitation, beside type and addresses.</summary>
internal static class NdMessage
{
    /// <summary>
    /// The flags of RFC 4861, 4.4: router, solicited, override. Without "solicited" the asker's neighbour entry never
    /// becomes reachable, and fails when it is probed.
    /// </summary>
    internal static FlowAction SetRouterSolicitedOverride { get; } =
        FlowAction.SetField(OxmField.NdReserved, 0xE000_0000u);

    /// <summary>
    /// Makes the source link-layer address option (1) one for the target's address (2), RFC 4861, 4.6.1.
    /// </summary>
    internal static FlowAction SetOptionToTargetAddress { get; } = FlowAction.SetField(OxmField.NdOptionsType, 2);
}
