namespace Fabric.Ovs.OpenFlow;

/// <summary>Options of <see cref="NatAction"/> (ovs-actions(7), "The ct action").</summary>
[Flags]
public enum NatFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Translate the source.</summary>
    Src = 1,

    /// <summary>Translate the destination.</summary>
    Dst = 2,

    /// <summary>Keep the mapping over a restart of the system.</summary>
    Persistent = 4,

    /// <summary>Choose the port by a hash of the packet.</summary>
    Hash = 8,

    /// <summary>Choose the port at random.</summary>
    Random = 16,
}
