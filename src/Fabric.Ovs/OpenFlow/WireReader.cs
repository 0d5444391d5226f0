using System.Buffers.Binary;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Reads big-endian numbers; running past the end throws <see cref="ArgumentOutOfRangeException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    internal int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    internal readonly int Remaining => _bytes.Length - Position;

    internal byte U8() => Take(1)[0];

    internal ushort U16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    internal uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    internal ulong U64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    internal UInt128 Number(int bytes)
    {
        var span = Take(bytes);
        switch (bytes)
        {
            case 4:
                return BinaryPrimitives.ReadUInt32BigEndian(span);
            case 2:
                return BinaryPrimitives.ReadUInt16BigEndian(span);
            case 8:
                return BinaryPrimitives.ReadUInt64BigEndian(span);
            default:
                UInt128 value = 0;
                foreach (var octet in span) value = (value << 8) | octet;
                return value;
        }
    }

    internal void Skip(int count) => Take(count);

    internal ReadOnlySpan<byte> Take(int count)
    {
        var span = _bytes.Slice(Position, count);
        Position += count;
        return span;
    }
}
