namespace Fabric.Messages.Cni;

/// <summary>What a delegated plugin did.</summary>
/// <param name="Id">The Exec frame's.</param>
/// <param name="Outcome">How the run ended.</param>
/// <param name="Status">Exit code, signal or errno, as <paramref name="Outcome"/> says; otherwise 0.</param>
/// <param name="Stdout">Up to <see cref="MaxStdout"/> bytes.</param>
/// <param name="Stderr">The first <see cref="MaxStderr"/> bytes; the rest is dropped. With NotFound and NotStarted: the
/// binary's own words.</param>
public sealed record CniExecResultFrame(
    uint Id, CniExecOutcome Outcome, int Status, ReadOnlyMemory<byte> Stdout, ReadOnlyMemory<byte> Stderr)
{
    /// <summary>The most output a plugin may write; a result is a few hundred bytes.</summary>
    public const int MaxStdout = 768 * 1024;

    /// <summary>How much of a plugin's log is kept.</summary>
    public const int MaxStderr = 64 * 1024;

    /// <summary>The frame's bytes; empty if it exceeds the size limit.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        var writer = new CniFrameWriter(CniFrameKind.ExecResult, Stdout.Length + Stderr.Length + 32);
        writer.UInt32(Id);
        writer.Int32((int)Outcome);
        writer.Int32(Status);
        writer.Blob(Stdout.Span);
        writer.Blob(Stderr.Span);
        return writer.Finish();
    }

    /// <summary>Decodes a payload; <paramref name="frame"/> is set only when the answer is
    /// <see cref="CniFrameFault.None"/>.</summary>
    public static CniFrameFault Decode(ReadOnlySpan<byte> payload, out CniExecResultFrame? frame)
    {
        var reader = new CniPayloadReader(payload);
        var decoded = new CniExecResultFrame(
            reader.UInt32(), (CniExecOutcome)reader.Int32(), reader.Int32(), reader.Blob().ToArray(), reader.Blob().ToArray());
        if (decoded.Outcome is < CniExecOutcome.Exited or > CniExecOutcome.OutputTooLong)
            reader.Refuse();
        var fault = reader.End();
        frame = fault == CniFrameFault.None ? decoded : null;
        return fault;
    }
}
