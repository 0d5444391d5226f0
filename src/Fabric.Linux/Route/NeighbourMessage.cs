using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>The wire form of neighbours (struct ndmsg and NDA_*, linux/neighbour.h).</summary>
internal static class NeighbourMessage
{
    public const ushort New = 28, Delete = 29, Get = 30;
    public const int HeaderLength = 12;

    /// <summary>NTF_USE: act as if a packet needed the neighbour now.</summary>
    public const byte Use = 0x01;

    private const ushort Destination = 1, LinkAddress = 2, LinkFilter = 8;

    public static void Write(NetlinkWriter writer, Neighbour neighbour, byte flags = 0)
    {
        writer.Put(new Header
        {
            Family = AddressMessage.FamilyOf(neighbour.Address),
            Index = neighbour.LinkIndex,
            State = (ushort)neighbour.State,
            Flags = flags,
        });
        writer.Address(Destination, neighbour.Address);
        if (neighbour.Mac is { } mac)
            writer.Attribute(LinkAddress, mac.GetAddressBytes());
    }

    public static void WriteList(NetlinkWriter writer, byte family, int linkIndex)
    {
        writer.Put(new Header { Family = family });
        if (linkIndex != 0)
            writer.U32(LinkFilter, (uint)linkIndex);
    }

    public static Neighbour? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < HeaderLength)
            return null;
        var header = MemoryMarshal.Read<Header>(body);
        if (header.Family is not (Libc.AfInet or Libc.AfInet6))
            return null;
        IPAddress? address = null;
        PhysicalAddress? mac = null;
        var attributes = NetlinkAttributes.After(body, HeaderLength);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Destination: address = attributes.Address(); break;
                case LinkAddress: mac = attributes.Mac(); break;
            }
        }
        return address is null ? null : new Neighbour
        {
            LinkIndex = header.Index,
            Address = address,
            Mac = mac,
            State = (NeighbourStates)header.State,
        };
    }

    /// <summary><c>struct ndmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public byte Family;
        public byte Pad1;
        public ushort Pad2;
        public int Index;
        public ushort State;
        public byte Flags;
        public byte Type;
    }
}
