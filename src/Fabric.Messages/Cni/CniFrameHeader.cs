using System.Buffers.Binary;

namespace Fabric.Messages.Cni;

/// <summary>The 12 bytes in front of every payload.</summary>
/// <param name="Version">The sender's protocol version.</param>
/// <param name="Kind">What the payload is.</param>
/// <param name="PayloadLength">Bytes after the header, 0 to <see cref="CniProtocol.MaxPayloadLength"/>.</param>
public readonly record struct CniFrameHeader(ushort Version, CniFrameKind Kind, int PayloadLength)
{
    /// <summary>Reads a header from the first bytes of <paramref name="bytes"/>.</summary>
    /// <remarks>
    /// After <see cref="CniFrameFault.OtherVersion"/> the header's version is valid and nothing else is: its payload
    /// can't be read. The length is judged before anyone allocates for it.
    /// </remarks>
    public static CniFrameFault Read(ReadOnlySpan<byte> bytes, out CniFrameHeader header)
    {
        header = default;
        if (bytes.Length < CniProtocol.HeaderLength)
            return CniFrameFault.Incomplete;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != CniProtocol.Magic)
            return CniFrameFault.WrongMagic;
        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        var kind = (CniFrameKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version != CniProtocol.Version)
        {
            header = new CniFrameHeader(version, kind, 0);
            return CniFrameFault.OtherVersion;
        }
        if (kind is not (CniFrameKind.Request or CniFrameKind.Result or CniFrameKind.Exec or CniFrameKind.ExecResult
            or CniFrameKind.VersionMismatch))
            return CniFrameFault.UnknownKind;
        if (length > CniProtocol.MaxPayloadLength)
            return CniFrameFault.TooLong;
        header = new CniFrameHeader(version, kind, (int)length);
        return CniFrameFault.None;
    }

    /// <summary>Writes the header into the first <see cref="CniProtocol.HeaderLength"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, CniProtocol.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], (uint)PayloadLength);
    }

    /// <summary>The agent's answer to a request of another version: a header alone, of the agent's version.</summary>
    public static byte[] VersionMismatch()
    {
        var bytes = new byte[CniProtocol.HeaderLength];
        new CniFrameHeader(CniProtocol.Version, CniFrameKind.VersionMismatch, 0).Write(bytes);
        return bytes;
    }
}
