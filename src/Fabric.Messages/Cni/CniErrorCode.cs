namespace Fabric.Messages.Cni;

/// <summary>Every error code that the binary or the agent answers with: CNI SPEC 1.1, section 5, and Fabric's own from
/// 100.</summary>
public enum CniErrorCode
{
    /// <summary>The configuration's cniVersion is not one of <see cref="CniProtocol.SupportedVersions"/>.</summary>
    IncompatibleVersion = 1,

    /// <summary>A key whose value Fabric can't honour; the message holds key and value.</summary>
    UnsupportedField = 2,

    /// <summary>CHECK of an attachment that doesn't exist; the runtime need not clean up.</summary>
    UnknownContainer = 3,

    /// <summary>A CNI_* variable is missing or invalid; the message names it.</summary>
    InvalidEnvironment = 4,

    /// <summary>Reading, writing, the kernel, Open vSwitch or a delegated plugin's start failed.</summary>
    InputOutput = 5,

    /// <summary>The bytes are not JSON, or not of the shape that CNI demands.</summary>
    Undecodable = 6,

    /// <summary>The configuration is JSON and its content is wrong; the message names the key.</summary>
    InvalidConfiguration = 7,

    /// <summary>A condition that passes: the agent isn't ready or doesn't answer. Try again later.</summary>
    TryAgainLater = 11,

    /// <summary>STATUS: ADD can't be served.</summary>
    NotAvailable = 50,

    /// <summary>STATUS: ADD can't be served, and existing pods may have limited connectivity.</summary>
    NotAvailableAndImpaired = 51,

    /// <summary>No free address is left in the node's block of the network.</summary>
    PoolExhausted = 100,

    /// <summary>The pod's port could not be made on the bridge, or is broken.</summary>
    PortFailed = 101,

    /// <summary>The pod's flows could not be programmed.</summary>
    FlowFailed = 102,

    /// <summary>Binary and agent speak different versions of the wire frame.</summary>
    ProtocolMismatch = 103,

    /// <summary>The pod already has an interface of that name, and it isn't this attachment's.</summary>
    InterfaceExists = 104,

    /// <summary>The attachment exists with another configuration or namespace.</summary>
    AttachedDifferently = 105,

    /// <summary>CHECK: the attachment differs from what was promised, and a reconcile pass could not repair
    /// it.</summary>
    AttachmentDiffers = 106,

    /// <summary>A delegated plugin failed and gave no error of its own.</summary>
    DelegateFailed = 107,

    /// <summary>GC finished with failures; the message lists them.</summary>
    GarbageRemains = 108,

    /// <summary>The wanted address belongs to another attachment, or to none of the network's blocks.</summary>
    AddressUnavailable = 109,

    /// <summary>An error of Fabric's that is not classified: a bug.</summary>
    Unclassified = 999,
}
