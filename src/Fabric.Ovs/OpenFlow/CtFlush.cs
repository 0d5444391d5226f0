namespace Fabric.Ovs.OpenFlow;

/// <summary>Which connections to forget (NXT_CT_FLUSH, Open vSwitch 3.1 and later).</summary>
public sealed record CtFlush
{
    /// <summary>The zone, or null for every zone.</summary>
    public ushort? Zone { get; init; }

    /// <summary>IP protocol; 0 for any, and then no ports may be given.</summary>
    public byte Protocol { get; init; }

    /// <summary>The direction of the connection's first packet.</summary>
    public CtTuple Original { get; init; } = new();

    /// <summary>The opposite direction, after translation.</summary>
    public CtTuple Reply { get; init; } = new();
}
