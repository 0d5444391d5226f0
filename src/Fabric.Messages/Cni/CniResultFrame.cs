namespace Fabric.Messages.Cni;

/// <summary>The agent's last word: what the binary prints and how it exits.</summary>
/// <param name="ExitCode">0 for success, 1 for a CNI error; 0–255.</param>
/// <param name="Stdout">A CNI result or error as JSON; empty where CNI asks for no output.</param>
public sealed record CniResultFrame(int ExitCode, ReadOnlyMemory<byte> Stdout)
{
    /// <summary>The frame's bytes; empty if it exceeds the size limit.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        var writer = new CniFrameWriter(CniFrameKind.Result, Stdout.Length + 16);
        writer.Int32(ExitCode);
        writer.Blob(Stdout.Span);
        return writer.Finish();
    }

    /// <summary>Decodes a payload; <paramref name="frame"/> is set only when the answer is
    /// <see cref="CniFrameFault.None"/>.</summary>
    public static CniFrameFault Decode(ReadOnlySpan<byte> payload, out CniResultFrame? frame)
    {
        var reader = new CniPayloadReader(payload);
        var decoded = new CniResultFrame(reader.Int32(), reader.Blob().ToArray());
        if (decoded.ExitCode is < 0 or > 255)
            reader.Refuse();
        var fault = reader.End();
        frame = fault == CniFrameFault.None ? decoded : null;
        return fault;
    }
}
