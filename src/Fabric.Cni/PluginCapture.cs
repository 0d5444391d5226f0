using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>Reads a plugin's two output pipes to their ends, within bounds.</summary>
internal sealed unsafe class PluginCapture(int stdout, int stderr)
{
    private byte[] _stdout = new byte[4096];
    private byte[] _stderr = new byte[1024];
    private int _stdoutLength;
    private int _stderrLength;

    public ReadOnlyMemory<byte> Stdout => _stdout.AsMemory(0, _stdoutLength);

    public ReadOnlyMemory<byte> Stderr => _stderr.AsMemory(0, _stderrLength);

    /// <summary>Reads until both pipes are closed; both are, on every way out.</summary>
    public CniExecOutcome Read(Deadline deadline)
    {
        var outcome = CniExecOutcome.Exited;
        var pair = stackalloc Libc.PollDescriptor[2];
        pair[0] = new Libc.PollDescriptor { Descriptor = stdout, Events = Libc.PollIn };
        pair[1] = new Libc.PollDescriptor { Descriptor = stderr, Events = Libc.PollIn };
        // poll(2) skips negative descriptors, so a closed pipe is marked by -1.
        while (outcome == CniExecOutcome.Exited && (pair[0].Descriptor >= 0 || pair[1].Descriptor >= 0))
        {
            var ready = Libc.Poll(pair, 2, deadline.Milliseconds);
            if (ready <= 0)
            {
                if (deadline.Passed)
                    outcome = CniExecOutcome.TimedOut;
                continue;
            }
            if (pair[0].Descriptor >= 0 && pair[0].Returned != 0
                && !Take(&pair[0], ref _stdout, ref _stdoutLength, CniExecResultFrame.MaxStdout))
                outcome = CniExecOutcome.OutputTooLong;
            if (pair[1].Descriptor >= 0 && pair[1].Returned != 0)
                Take(&pair[1], ref _stderr, ref _stderrLength, CniExecResultFrame.MaxStderr);
        }
        Close(&pair[0]);
        Close(&pair[1]);
        return outcome;
    }

    /// <summary>Reads once; what exceeds the limit is dropped, and the answer is false then.</summary>
    private static bool Take(Libc.PollDescriptor* pipe, ref byte[] bytes, ref int length, int limit)
    {
        var chunk = stackalloc byte[4096];
        var count = (int)Libc.Read(pipe->Descriptor, chunk, 4096);
        if (count <= 0)
        {
            if (count == 0 || Libc.Error != Libc.EINTR)
                Close(pipe);
            return true;
        }
        var kept = Math.Min(count, limit - length);
        if (bytes.Length - length < kept)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + kept));
        new ReadOnlySpan<byte>(chunk, kept).CopyTo(bytes.AsSpan(length));
        length += kept;
        return kept == count;
    }

    private static void Close(Libc.PollDescriptor* pipe)
    {
        if (pipe->Descriptor >= 0)
            _ = Libc.Close(pipe->Descriptor);
        pipe->Descriptor = -1;
    }
}
