using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Copies one subfield into another (OpenFlow 1.5.1, 7.2.6.8, copy_field).</summary>
public sealed record MoveAction : FlowAction
{
    /// <summary>Copies <paramref name="source"/> into <paramref name="target"/>.</summary>
    /// <exception cref="ArgumentException">The widths differ or the target is read-only.</exception>
    public MoveAction(Subfield source, Subfield target)
    {
        if (source.Bits != target.Bits) throw new ArgumentException($"{source} and {target} differ in width");
        if (!target.Field.Writable) throw new ArgumentException($"{target.Field} is read-only", nameof(target));
        Source = source;
        Target = target;
    }

    /// <summary>Read from here.</summary>
    public Subfield Source { get; }

    /// <summary>Written to here.</summary>
    public Subfield Target { get; }

    internal override void AppendTo(StringBuilder s) =>
        s.Append("move:").Append(Source.ToString()).Append("->").Append(Target.ToString());

    internal override void WriteTo(WireWriter w)
    {
        w.U16((ushort)ActionType.CopyField);
        w.U16(24);
        w.U16((ushort)Source.Bits);
        w.U16((ushort)Source.Offset);
        w.U16((ushort)Target.Offset);
        w.Zero(2);
        w.U32(Source.Field.OxmHeader(masked: false));
        w.U32(Target.Field.OxmHeader(masked: false));
        w.Zero(4);
    }
}
