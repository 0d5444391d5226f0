namespace Fabric.Messages.Cni;

/// <summary>The agent asks the binary to run a delegated plugin on the host.</summary>
/// <param name="Id">Comes back in the answer; the agent's choice.</param>
/// <param name="Plugin">The plugin's file name, looked up in <c>CNI_PATH</c>; never a path.</param>
/// <param name="Environment">What differs from the binary's own environment; at most
/// <see cref="CniProtocol.MaxOverrides"/>.</param>
/// <param name="Stdin">The configuration given to the plugin.</param>
public sealed record CniExecFrame(
    uint Id, string Plugin, IReadOnlyList<CniOverride> Environment, ReadOnlyMemory<byte> Stdin)
{
    /// <summary>The frame's bytes; empty if it exceeds the size limit.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        var writer = new CniFrameWriter(CniFrameKind.Exec, Stdin.Length + 512);
        writer.UInt32(Id);
        writer.Text(Plugin);
        writer.UInt32((uint)Environment.Count);
        foreach (var variable in Environment)
        {
            writer.Text(variable.Name);
            writer.Text(variable.Value);
        }
        writer.Blob(Stdin.Span);
        return writer.Finish();
    }

    /// <summary>Decodes a payload; <paramref name="frame"/> is set only when the answer is
    /// <see cref="CniFrameFault.None"/>.</summary>
    public static CniFrameFault Decode(ReadOnlySpan<byte> payload, out CniExecFrame? frame)
    {
        var reader = new CniPayloadReader(payload);
        var id = reader.UInt32();
        var plugin = reader.Text();
        var count = reader.UInt32();
        if (count > CniProtocol.MaxOverrides)
        {
            reader.Refuse();
            count = 0;
        }
        var environment = new CniOverride[count];
        for (var i = 0; i < environment.Length; i++)
        {
            environment[i] = new CniOverride(reader.Text(), reader.Text());
            if (!environment[i].IsValid)
                reader.Refuse();
        }
        var decoded = new CniExecFrame(id, plugin, environment, reader.Blob().ToArray());
        var fault = reader.End();
        frame = fault == CniFrameFault.None ? decoded : null;
        return fault;
    }
}
