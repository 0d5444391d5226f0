using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>What a subscriber of a monitor learns, in the order in which it happened.</summary>
public abstract record OvsdbMonitorEvent
{
    private OvsdbMonitorEvent()
    {
    }

    /// <summary>The first event of every subscription: the rows as they are now.</summary>
    public sealed record Initial(OvsdbSnapshot Snapshot) : OvsdbMonitorEvent;

    /// <summary>One commit; <paramref name="Snapshot"/> is the state after it.</summary>
    public sealed record Changed(ImmutableArray<OvsdbRowChange> Changes, OvsdbSnapshot Snapshot) : OvsdbMonitorEvent;

    /// <summary>The rows are now as old as this event, until <see cref="Resynchronised"/>.</summary>
    public sealed record ConnectionLost(string Reason) : OvsdbMonitorEvent;

    /// <summary>
    /// The rows are current again, and these are all differences since the connection was lost. With
    /// <paramref name="Complete"/> the server no longer knew what was missed and sent everything again; a row deleted
    /// and made again in between then shows as two different uuids.
    /// </summary>
    public sealed record Resynchronised(
        bool Complete,
        ImmutableArray<OvsdbRowChange> Changes,
        OvsdbSnapshot Snapshot) : OvsdbMonitorEvent;

    /// <summary>
    /// The subscriber was too slow and events after this one were dropped. Read <see cref="OvsdbMonitor.Snapshot"/>
    /// now; the events that follow are complete again from there on (one may already be contained in it).
    /// </summary>
    public sealed record Lagged : OvsdbMonitorEvent;
}
