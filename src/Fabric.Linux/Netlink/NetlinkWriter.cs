using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Fabric.Linux.Netlink;

/// <summary>Writes netlink messages one behind the other into one growing buffer (RFC 3549, linux/netlink.h).</summary>
/// <remarks>Numbers are in host order except where a method says otherwise. Not thread-safe.</remarks>
internal sealed class NetlinkWriter
{
    public const int HeaderLength = 16;
    private const ushort Nested = 0x8000;

    private byte[] _buffer = new byte[2048];
    private int _length;
    private int _message = -1;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public int Length => _length;

    /// <summary>Starts a message; its length is filled in by <see cref="EndMessage"/>.</summary>
    /// <returns>The offset of the message's header.</returns>
    public int BeginMessage(ushort type, ushort flags)
    {
        if (_message >= 0)
            EndMessage();
        _message = _length;
        var header = Reserve(HeaderLength);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        return _message;
    }

    public void EndMessage()
    {
        if (_message < 0)
            return;
        MemoryMarshal.Write(_buffer.AsSpan(_message), _length - _message);
        _message = -1;
    }

    /// <summary>Sets the sequence number of the message that starts at <paramref name="offset"/>.</summary>
    public void SetSequence(int offset, uint sequence) =>
        MemoryMarshal.Write(_buffer.AsSpan(offset + 8), sequence);

    /// <summary>Writes a message family's fixed header (ifinfomsg, rtmsg, …).</summary>
    public void Put<T>(in T value) where T : unmanaged =>
        MemoryMarshal.Write(Reserve(Align(Marshal.SizeOf<T>())), value);

    public void Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var length = 4 + value.Length;
        if (length > ushort.MaxValue)
            throw new ArgumentException($"netlink attribute {type} of {length} bytes is longer than 65535");
        var span = Reserve(Align(length));
        MemoryMarshal.Write(span, (ushort)length);
        MemoryMarshal.Write(span[2..], type);
        value.CopyTo(span[4..]);
    }

    public void U8(ushort type, byte value) => Attribute(type, [value]);

    public void U32(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Writes a number in network order, as nfnetlink wants.</summary>
    public void BigEndianU32(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Writes UTF-8 text with its terminating zero.</summary>
    public void Text(ushort type, string value)
    {
        Span<byte> bytes = stackalloc byte[512];
        var room = Encoding.UTF8.GetMaxByteCount(value.Length) + 1;
        if (room > bytes.Length)
            bytes = new byte[room];
        var length = Encoding.UTF8.GetBytes(value, bytes);
        bytes[length] = 0;
        Attribute(type, bytes[..(length + 1)]);
    }

    public void Address(ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        Attribute(type, bytes[..length]);
    }

    /// <summary>Opens a nested attribute; pass the result to <see cref="EndNest"/>.</summary>
    public int BeginNest(ushort type)
    {
        var start = _length;
        var span = Reserve(4);
        MemoryMarshal.Write(span[2..], (ushort)(type | Nested));
        return start;
    }

    public void EndNest(int start)
    {
        var length = _length - start;
        if (length > ushort.MaxValue)
            throw new ArgumentException($"nested netlink attribute of {length} bytes is longer than 65535");
        MemoryMarshal.Write(_buffer.AsSpan(start), (ushort)length);
    }

    internal static int Align(int length) => (length + 3) & ~3;

    private Span<byte> Reserve(int length)
    {
        if (_length + length > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        var span = _buffer.AsSpan(_length, length);
        span.Clear();
        _length += length;
        return span;
    }
}
