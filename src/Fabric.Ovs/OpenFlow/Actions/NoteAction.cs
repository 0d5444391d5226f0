using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Does nothing; keeps bytes in the flow (NXAST_NOTE).</summary>
public sealed record NoteAction : FlowAction
{
    private NoteAction(string hex) => Hex = hex;

    /// <summary>The bytes in hexadecimal, padded with zeros to 6, 14, 22, … bytes.</summary>
    public string Hex { get; }

    internal static NoteAction Create(ReadOnlySpan<byte> data)
    {
        // The action's length, 10 bytes of header included, is a multiple of 8.
        var padded = new byte[(Math.Max(data.Length, 1) + 10 + 7) / 8 * 8 - 10];
        data.CopyTo(padded);
        return new NoteAction(Convert.ToHexStringLower(padded));
    }

    internal override void AppendTo(StringBuilder s)
    {
        s.Append("note:");
        for (var i = 0; i < Hex.Length; i += 2)
        {
            if (i > 0) s.Append('.');
            s.Append(Hex, i, 2);
        }
    }

    internal override void WriteTo(WireWriter w)
    {
        WriteNicira(w, NiciraAction.Note, 10 + Hex.Length / 2);
        w.Hex(Hex);
    }
}
