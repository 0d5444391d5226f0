using System.Buffers.Binary;
using System.Text;

namespace Fabric.Actors;

/// <summary>How numbers and texts enter a checksum (docs/journal-format.md, checksum).</summary>
internal static class Checksums
{
    private const int OnStack = 512;

    /// <summary>Eight bytes, little-endian.</summary>
    public static uint Number(uint crc, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Crc32c.Append(crc, bytes);
    }

    /// <summary>The length in UTF-8 first, so that moving a character from one field to the next changes the sum.</summary>
    public static uint Text(uint crc, ReadOnlySpan<char> value)
    {
        Span<byte> bytes = stackalloc byte[OnStack];
        var length = Encoding.UTF8.GetByteCount(value);
        var buffer = length <= OnStack ? bytes : new byte[length];
        Encoding.UTF8.GetBytes(value, buffer);
        return Crc32c.Append(Number(crc, length), buffer[..length]);
    }
}
