namespace Fabric.Messages.Cni;

/// <summary>A runtime's call, as the binary received it: nothing parsed, nothing judged but its own
/// environment.</summary>
/// <param name="Command"><c>CNI_COMMAND</c>; variables that are unset are empty here, CNI makes no difference.</param>
/// <param name="ContainerId"><c>CNI_CONTAINERID</c>.</param>
/// <param name="NetNsPath"><c>CNI_NETNS</c>, for the result's <c>sandbox</c> and for messages; never opened by the
/// agent.</param>
/// <param name="IfName"><c>CNI_IFNAME</c>.</param>
/// <param name="Args"><c>CNI_ARGS</c>.</param>
/// <param name="Path"><c>CNI_PATH</c>; the binary searches it itself.</param>
/// <param name="NetNs">Whether a descriptor travels with this frame.</param>
/// <param name="Stdin">The network configuration's bytes.</param>
public sealed record CniRequestFrame(
    string Command,
    string ContainerId,
    string NetNsPath,
    string IfName,
    string Args,
    string Path,
    CniNetNs NetNs,
    ReadOnlyMemory<byte> Stdin)
{
    /// <summary>The frame's bytes; empty if it exceeds the size limit.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        var writer = new CniFrameWriter(CniFrameKind.Request, Stdin.Length + 1024);
        writer.Text(Command);
        writer.Text(ContainerId);
        writer.Text(NetNsPath);
        writer.Text(IfName);
        writer.Text(Args);
        writer.Text(Path);
        writer.Int32((int)NetNs);
        writer.Blob(Stdin.Span);
        return writer.Finish();
    }

    /// <summary>Decodes a payload; <paramref name="frame"/> is set only when the answer is
    /// <see cref="CniFrameFault.None"/>.</summary>
    public static CniFrameFault Decode(ReadOnlySpan<byte> payload, out CniRequestFrame? frame)
    {
        var reader = new CniPayloadReader(payload);
        var decoded = new CniRequestFrame(
            reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(),
            (CniNetNs)reader.Int32(), reader.Blob().ToArray());
        if (decoded.NetNs is not (CniNetNs.NotGiven or CniNetNs.Attached or CniNetNs.Unopenable))
            reader.Refuse();
        var fault = reader.End();
        frame = fault == CniFrameFault.None ? decoded : null;
        return fault;
    }
}
