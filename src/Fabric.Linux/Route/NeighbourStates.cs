namespace Fabric.Linux.Route;

/// <summary>The state of a neighbour entry (NUD_*, linux/neighbour.h).</summary>
[Flags]
public enum NeighbourStates : ushort
{
    /// <summary>Not resolved yet.</summary>
    None = 0,

    /// <summary>Resolution is under way.</summary>
    Incomplete = 0x01,

    /// <summary>Confirmed lately.</summary>
    Reachable = 0x02,

    /// <summary>Known, to be confirmed when used.</summary>
    Stale = 0x04,

    /// <summary>Used while stale; will be probed.</summary>
    Delay = 0x08,

    /// <summary>Being probed.</summary>
    Probe = 0x10,

    /// <summary>Nobody answered.</summary>
    Failed = 0x20,

    /// <summary>The link needs no resolution.</summary>
    NoArp = 0x40,

    /// <summary>Set by hand; never expires.</summary>
    Permanent = 0x80,
}
