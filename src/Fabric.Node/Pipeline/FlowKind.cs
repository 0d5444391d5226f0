namespace Fabric.Node.Pipeline;

/// <summary>
/// What a flow is there for, as the low half of a cookie's first octet. The numbers are a storage format.
/// </summary>
public enum FlowKind : byte
{
    /// <summary>The bridge and the network, whoever is attached.</summary>
    Bridge = 0,

    /// <summary>The host's own port.</summary>
    Gateway = 1,

    /// <summary>Another node.</summary>
    Peer = 2,

    /// <summary>A pod on this node.</summary>
    Pod = 3,

    /// <summary>Reserved: a Service.</summary>
    Service = 4,

    /// <summary>Reserved: a NetworkPolicy.</summary>
    Policy = 5,
}
