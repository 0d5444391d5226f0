using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Fabric.Linux.Pods;

/// <summary>Builds the frames by which an interface tells its neighbours where an address is now.</summary>
internal static class Announcement
{
    public const ushort ArpEtherType = 0x0806, Inet6EtherType = 0x86dd;

    /// <summary>An ARP announcement (RFC 5227, section 3) or an unsolicited neighbour advertisement (RFC 4861, 7.2.6).
    /// </summary>
    public static byte[] Frame(IPAddress address, PhysicalAddress mac) =>
        address.AddressFamily == AddressFamily.InterNetwork ? Arp(address, mac) : Advertisement(address, mac);

    private static byte[] Arp(IPAddress address, PhysicalAddress mac)
    {
        var frame = new byte[42];
        frame.AsSpan(0, 6).Fill(0xff);
        WriteEthernet(frame, mac, ArpEtherType);
        ReadOnlySpan<byte> fixedPart = [0, 1, 8, 0, 6, 4, 0, 1]; // Ethernet, IPv4, request
        fixedPart.CopyTo(frame.AsSpan(14));
        mac.GetAddressBytes().CopyTo(frame, 22);
        address.TryWriteBytes(frame.AsSpan(28), out _);
        address.TryWriteBytes(frame.AsSpan(38), out _);
        return frame;
    }

    private static byte[] Advertisement(IPAddress address, PhysicalAddress mac)
    {
        var frame = new byte[86];
        ReadOnlySpan<byte> allNodes = [0x33, 0x33, 0, 0, 0, 1];
        allNodes.CopyTo(frame);
        WriteEthernet(frame, mac, Inet6EtherType);
        var ip = frame.AsSpan(14);
        ip[0] = 0x60;
        ip[5] = 32; // payload length
        ip[6] = 58; // ICMPv6
        ip[7] = 255; // hop limit a receiver insists on
        address.TryWriteBytes(ip[8..], out _);
        IPAddress.Parse("ff02::1").TryWriteBytes(ip[24..], out _);
        var icmp = ip[40..];
        icmp[0] = 136;
        icmp[4] = 0x20; // override
        address.TryWriteBytes(icmp[8..], out _);
        icmp[24] = 2; // target link-layer address
        icmp[25] = 1; // in units of 8 bytes
        mac.GetAddressBytes().CopyTo(icmp[26..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum(ip[8..40], icmp[..32]));
        return frame;
    }

    /// <summary>The ICMPv6 checksum over the pseudo header (RFC 8200, section 8.1).</summary>
    private static ushort Checksum(ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> payload)
    {
        var sum = (uint)payload.Length + 58;
        for (var i = 0; i < addresses.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(addresses[i..]);
        for (var i = 0; i < payload.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(payload[i..]);
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private static void WriteEthernet(byte[] frame, PhysicalAddress mac, ushort etherType)
    {
        mac.GetAddressBytes().CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), etherType);
    }
}
