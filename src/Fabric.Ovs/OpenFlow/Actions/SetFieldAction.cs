using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Writes a field or some of its bits (OpenFlow 1.5.1, 7.2.6.7).</summary>
public sealed record SetFieldAction : FlowAction
{
    /// <summary>Writes the bits of <paramref name="mask"/>; bits of the value outside of it are ignored.</summary>
    /// <exception cref="ArgumentException">The field is read-only or takes no mask; the value does not fit.</exception>
    public SetFieldAction(OxmField field, UInt128 value, UInt128 mask)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (!field.Writable) throw new ArgumentException($"{field} is read-only", nameof(field));
        if (((value | mask) & ~field.FullMask) != 0)
            throw new ArgumentException($"{value:x}/{mask:x} has bits outside of {field}", nameof(value));
        if (mask == 0) throw new ArgumentException("the mask selects nothing", nameof(mask));
        if (mask != field.FullMask && !field.Maskable)
            throw new ArgumentException($"{field} takes no mask", nameof(mask));
        Field = field;
        Mask = mask;
        Value = value & mask;
    }

    /// <summary>The field.</summary>
    public OxmField Field { get; }

    /// <summary>The new bits.</summary>
    public UInt128 Value { get; }

    /// <summary>The bits written.</summary>
    public UInt128 Mask { get; }

    internal static SetFieldAction ForSubfield(Subfield target, UInt128 value)
    {
        var field = target.Field;
        if (target.Bits == field.Bits) return new SetFieldAction(field, value, field.FullMask);
        var mask = (UInt128.One << target.Bits) - 1;
        if ((value & ~mask) != 0) throw new ArgumentException($"{value:x} does not fit into {target}", nameof(value));
        return new SetFieldAction(field, value << target.Offset, mask << target.Offset);
    }

    internal override void AppendTo(StringBuilder s)
    {
        FieldText.AppendSetValue(s.Append("set_field:"), Field, Value, Mask);
        s.Append("->").Append(Field.Name);
    }

    internal override void WriteTo(WireWriter w)
    {
        var start = w.Length;
        w.U16((ushort)ActionType.SetField);
        w.U16(0);
        w.Oxm(Field, Value, Mask);
        w.PadTo8(start);
        w.SetU16(start + 2, w.Length - start);
    }
}
