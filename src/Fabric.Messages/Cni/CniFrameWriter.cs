using System.Buffers.Binary;
using System.Text;

namespace Fabric.Messages.Cni;

/// <summary>Builds one frame: fields are appended in order, the header is filled in at the end.</summary>
public struct CniFrameWriter
{
    private readonly CniFrameKind _kind;
    private byte[] _bytes;
    private int _length;

    public CniFrameWriter(CniFrameKind kind, int expectedLength = 1024)
    {
        _kind = kind;
        _bytes = new byte[CniProtocol.HeaderLength + expectedLength];
        _length = CniProtocol.HeaderLength;
    }

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void Int32(int value) => UInt32((uint)value);

    public void Blob(ReadOnlySpan<byte> blob)
    {
        UInt32((uint)blob.Length);
        blob.CopyTo(Take(blob.Length));
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)length);
        Encoding.UTF8.GetBytes(text, Take(length));
    }

    /// <summary>The finished frame, or empty if it would exceed <see cref="CniProtocol.MaxFrameLength"/>.</summary>
    public readonly ReadOnlyMemory<byte> Finish()
    {
        if (_length > CniProtocol.MaxFrameLength)
            return default;
        new CniFrameHeader(CniProtocol.Version, _kind, _length - CniProtocol.HeaderLength).Write(_bytes);
        return _bytes.AsMemory(0, _length);
    }

    private Span<byte> Take(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        var span = _bytes.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
