using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Overlay packets made by hand.</summary>
internal static class ForgedPackets
{
    /// <summary>The payload of a VXLAN datagram (RFC 7348, section 5) with a UDP datagram inside.</summary>
    internal static byte[] Vxlan(int vni, string innerSource, string innerDestination, int port, string text)
    {
        var data = Encoding.ASCII.GetBytes(text);
        var packet = new byte[8 + 14 + 20 + 8 + data.Length];
        packet[0] = 0x08;
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(4), vni << 8);
        var frame = packet.AsSpan(8);
        byte[] router = [0x0a, 0xfa, 0xb0, 0, 0, 1];
        router.CopyTo(frame);
        router.CopyTo(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x0800);
        WriteIp(frame[14..], innerSource, innerDestination, 20 + 8 + data.Length);
        var udp = frame[34..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, 5555);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(8 + data.Length));
        // A UDP checksum of 0 means none (RFC 768).
        data.CopyTo(udp[8..]);
        return packet;
    }

    private static void WriteIp(Span<byte> ip, string source, string destination, int length)
    {
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)length);
        ip[8] = 64;
        ip[9] = 17;
        IPAddress.Parse(source).TryWriteBytes(ip[12..], out _);
        IPAddress.Parse(destination).TryWriteBytes(ip[16..], out _);
        uint sum = 0;
        for (var i = 0; i < 20; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~sum);
    }
}
