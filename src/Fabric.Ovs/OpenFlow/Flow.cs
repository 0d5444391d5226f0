using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>
/// A flow as a value: equal content means equal flows. <see cref="ToString"/> is the line that
/// <c>ovs-ofctl -O OpenFlow15 --no-stats --no-names dump-flows</c> prints for it, without the leading blank.
/// </summary>
public sealed record Flow
{
    /// <summary>The table, 0–254.</summary>
    public byte Table { get; init; }

    /// <summary>The priority; the highest wins. 32768 is OpenFlow's default and is not printed.</summary>
    public ushort Priority { get; init; } = 32768;

    /// <summary>The owner's own number; not part of the flow's identity.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Which packets.</summary>
    public Match Match { get; init; } = Match.Any;

    /// <summary>What happens to them.</summary>
    public ActionList Actions { get; init; } = ActionList.Drop;

    /// <summary>Seconds without a packet after which the flow goes; 0 for never.</summary>
    public ushort IdleTimeout { get; init; }

    /// <summary>Seconds after which the flow goes; 0 for never.</summary>
    public ushort HardTimeout { get; init; }

    /// <summary>Precedence against eviction (OpenFlow 1.4+); 0 unless eviction is in use.</summary>
    public ushort Importance { get; init; }

    /// <summary>Flags.</summary>
    public FlowFlags Flags { get; init; }

    /// <summary>What identifies the flow.</summary>
    public FlowKey Key => new(Table, Priority, Match);

    /// <summary>The text of ovs-ofctl.</summary>
    public override string ToString()
    {
        var s = new StringBuilder(160);
        if (Cookie != 0) s.Append(CultureInfo.InvariantCulture, $"cookie=0x{Cookie:x}, ");
        if (Table != 0) s.Append(CultureInfo.InvariantCulture, $"table={Table}, ");
        if (IdleTimeout != 0) s.Append(CultureInfo.InvariantCulture, $"idle_timeout={IdleTimeout}, ");
        if (HardTimeout != 0) s.Append(CultureInfo.InvariantCulture, $"hard_timeout={HardTimeout}, ");
        if ((Flags & FlowFlags.SendFlowRemoved) != 0) s.Append("send_flow_rem ");
        if ((Flags & FlowFlags.CheckOverlap) != 0) s.Append("check_overlap ");
        if ((Flags & FlowFlags.ResetCounts) != 0) s.Append("reset_counts ");
        if ((Flags & FlowFlags.NoPacketCounts) != 0) s.Append("no_packet_counts ");
        if ((Flags & FlowFlags.NoByteCounts) != 0) s.Append("no_byte_counts ");
        if (Importance != 0) s.Append(CultureInfo.InvariantCulture, $"importance={Importance}, ");
        var start = s.Length;
        MatchText.Append(s, Match, Priority);
        if (s.Length > start) s.Append(' ');
        s.Append("actions=");
        Actions.AppendTo(s, 0);
        return s.ToString();
    }
}
