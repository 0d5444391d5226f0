using System.Globalization;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Sends the packet through the connection tracker (NXAST_CT; ovs-actions(7), "The ct action").</summary>
public sealed record CtAction : FlowAction
{
    private const byte NoTable = 255;

    /// <summary>See <see cref="FlowAction.Ct"/> for the parameters.</summary>
    /// <exception cref="ArgumentException">Force or a write without commit, or a zone not of 16 bits.</exception>
    public CtAction(
        bool commit, bool force, ushort zone, Subfield? zoneField, byte? table, ActionList actions, ushort alg = 0)
    {
        ArgumentNullException.ThrowIfNull(actions);
        if (force && !commit) throw new ArgumentException("force needs commit", nameof(force));
        if (zoneField is { Bits: not 16 }) throw new ArgumentException("a zone has 16 bits", nameof(zoneField));
        if (!commit && actions.Any(action => action != NatAction.Existing))
            throw new ArgumentException("writes and new translations need commit", nameof(actions));
        Commit = commit;
        Force = force;
        Zone = zoneField is null ? zone : (ushort)0;
        ZoneField = zoneField;
        Table = table == NoTable ? null : table;
        Actions = actions;
        Alg = alg;
    }

    /// <summary>Whether the connection is kept.</summary>
    public bool Commit { get; }

    /// <summary>Whether a connection in the other direction is replaced.</summary>
    public bool Force { get; }

    /// <summary>The zone, when <see cref="ZoneField"/> is null.</summary>
    public ushort Zone { get; }

    /// <summary>Where the zone is read from.</summary>
    public Subfield? ZoneField { get; }

    /// <summary>The table where a copy goes on, or null for none.</summary>
    public byte? Table { get; }

    /// <summary>Translation (first) and writes to ct_mark and ct_label.</summary>
    public ActionList Actions { get; }

    /// <summary>Port of the application layer gateway: 21 is ftp, 69 is tftp, 0 is none.</summary>
    public ushort Alg { get; }

    internal override void AppendTo(StringBuilder s)
    {
        s.Append("ct(");
        var start = s.Length;
        if (Commit) s.Append("commit,");
        if (Force) s.Append("force,");
        if (Table is { } table) s.Append(CultureInfo.InvariantCulture, $"table={table},");
        if (ZoneField is { } field) s.Append("zone=").Append(field.ToString()).Append(',');
        else if (Zone != 0) s.Append(CultureInfo.InvariantCulture, $"zone={Zone},");
        var skip = 0;
        if (Actions.Count > 0 && Actions[0] is NatAction nat)
        {
            nat.AppendTo(s);
            s.Append(',');
            skip = 1;
        }

        if (Actions.Count > skip)
        {
            s.Append("exec(");
            Actions.AppendTo(s, skip);
            s.Append("),");
        }

        if (Alg != 0) s.Append("alg=").Append(AlgName).Append(',');
        if (s.Length > start) s.Length--;
        s.Append(')');
    }

    internal override void WriteTo(WireWriter w)
    {
        var start = w.Length;
        WriteNicira(w, NiciraAction.Ct, 0);
        w.U16((ushort)((Commit ? 1 : 0) | (Force ? 2 : 0)));
        w.U32(ZoneField?.Field.NxmHeader ?? 0);
        w.U16(ZoneField?.OffsetAndBits ?? Zone);
        w.U8(Table ?? NoTable);
        w.Zero(3);
        w.U16(Alg);
        foreach (var action in Actions) action.WriteTo(w);
        w.SetU16(start + 2, w.Length - start);
    }

    private string AlgName => Alg switch
    {
        21 => "ftp",
        69 => "tftp",
        _ => Alg.ToString(CultureInfo.InvariantCulture),
    };
}
