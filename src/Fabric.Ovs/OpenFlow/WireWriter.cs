using System.Buffers;
using System.Buffers.Binary;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Appends big-endian numbers to one contiguous pooled buffer that grows as needed.</summary>
internal sealed class WireWriter : IDisposable
{
    private byte[] _buffer;

    internal WireWriter(int capacity = 4096) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Bytes written so far.</summary>
    internal int Length { get; private set; }

    /// <summary>What was written; valid until the next write or <see cref="Dispose"/>.</summary>
    internal ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    /// <summary>Returns the buffer to the pool; nothing may use <see cref="Written"/> afterwards.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Takes back everything written after the first <paramref name="length"/> bytes.</summary>
    internal void Truncate(int length) => Length = length;

    internal void U8(byte value) => Take(1)[0] = value;

    internal void U16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    internal void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    internal void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);

    /// <summary>The low <paramref name="bytes"/> bytes of a number, most significant first.</summary>
    internal void Number(UInt128 value, int bytes)
    {
        var span = Take(bytes);
        switch (bytes)
        {
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(span, (uint)value);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)value);
                break;
            case 8:
                BinaryPrimitives.WriteUInt64BigEndian(span, (ulong)value);
                break;
            case 16:
                BinaryPrimitives.WriteUInt128BigEndian(span, value);
                break;
            default:
                for (var i = bytes - 1; i >= 0; i--, value >>= 8) span[i] = (byte)value;
                break;
        }
    }

    internal void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    internal void Hex(string hex) => Bytes(Convert.FromHexString(hex));

    internal void Zero(int count) => Take(count).Clear();

    /// <summary>Adds zero bytes until a multiple of 8 has been written since <paramref name="start"/>.</summary>
    internal void PadTo8(int start) => Zero(-(Length - start) & 7);

    internal void SetU16(int at, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(at, 2), checked((ushort)value));

    /// <summary>An OXM entry: header, value, and the mask when it leaves a bit out.</summary>
    internal void Oxm(OxmField field, UInt128 value, UInt128 mask)
    {
        var masked = mask != field.FullMask;
        U32(field.OxmHeader(masked));
        Number(value, field.Bytes);
        if (masked) Number(mask, field.Bytes);
    }

    private Span<byte> Take(int count)
    {
        var at = Length;
        if (at + count > _buffer.Length) Grow(at + count);
        Length = at + count;
        return _buffer.AsSpan(at, count);
    }

    private void Grow(int needed)
    {
        var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _buffer.Length));
        _buffer.AsSpan(0, Length).CopyTo(bigger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = bigger;
    }
}
