namespace Fabric.Ovs.OpenFlow;

/// <summary>Which flows to read; the default is all of them.</summary>
public sealed record FlowFilter
{
    /// <summary>Every flow.</summary>
    public static FlowFilter All { get; } = new();

    /// <summary>The table, or <see cref="FlowMod.AllTables"/>.</summary>
    public byte Table { get; init; } = FlowMod.AllTables;

    /// <summary>Cookie bits wanted.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Cookie bits looked at; 0 for none.</summary>
    public ulong CookieMask { get; init; }

    /// <summary>Only flows at least as specific as this match.</summary>
    public Match Match { get; init; } = Match.Any;

    /// <summary>Only flows that output to this port.</summary>
    public OfPort OutPort { get; init; } = OfPort.Any;
}
