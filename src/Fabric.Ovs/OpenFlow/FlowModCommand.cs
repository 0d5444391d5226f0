namespace Fabric.Ovs.OpenFlow;

/// <summary>What a flow_mod does (OpenFlow 1.5.1, 7.3.4.1).</summary>
public enum FlowModCommand : byte
{
    /// <summary>Add a flow, replacing one with the same key.</summary>
    Add = 0,

    /// <summary>Change the actions of the flow with exactly this key, if it exists.</summary>
    ModifyStrict = 2,

    /// <summary>Delete every flow at least as specific as the match.</summary>
    Delete = 3,

    /// <summary>Delete the flow with exactly this key, if it exists.</summary>
    DeleteStrict = 4,
}
