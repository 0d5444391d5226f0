using System.Buffers.Binary;
using System.Numerics;

namespace Fabric.Actors;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) on the processor's own instruction where it has one.</summary>
public static class Crc32c
{
    public const uint Start = 0xFFFF_FFFF;

    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (var octet in data)
            crc = BitOperations.Crc32C(crc, octet);
        return crc;
    }

    public static uint Finish(uint crc) => ~crc;
}
