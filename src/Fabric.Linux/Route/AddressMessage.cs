using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>The wire form of addresses (struct ifaddrmsg and IFA_*, linux/if_addr.h).</summary>
internal static class AddressMessage
{
    public const ushort New = 20, Delete = 21, Get = 22;
    public const int HeaderLength = 8;

    private const ushort Address = 1, Local = 2, CacheInfo = 6, FlagBits = 8;
    private const uint Forever = uint.MaxValue;

    public static byte FamilyOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)Libc.AfInet6 : (byte)Libc.AfInet;

    public static void Write(NetlinkWriter writer, InterfaceAddress address)
    {
        writer.Put(new Header
        {
            Family = FamilyOf(address.Address),
            PrefixLength = (byte)address.PrefixLength,
            Scope = (byte)address.Scope,
            Index = address.LinkIndex,
        });
        writer.Address(Local, address.Address);
        writer.Address(Address, address.Address);
        var flags = address.Flags & (AddressFlags.NoDad | AddressFlags.NoPrefixRoute);
        if (flags != 0)
            writer.U32(FlagBits, (uint)flags);
        if (address.IsDeprecated)
            writer.Attribute(CacheInfo, MemoryMarshal.AsBytes<uint>([0, Forever, 0, 0]));
    }

    public static void WriteList(NetlinkWriter writer, int linkIndex) => writer.Put(new Header { Index = linkIndex });

    public static InterfaceAddress? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < HeaderLength)
            return null;
        var header = MemoryMarshal.Read<Header>(body);
        IPAddress? address = null, local = null;
        uint flags = header.Flags;
        var deprecated = false;
        var attributes = NetlinkAttributes.After(body, HeaderLength);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Address: address = attributes.Address(); break;
                case Local: local = attributes.Address(); break;
                case FlagBits: flags = attributes.U32(); break;
                case CacheInfo: deprecated = attributes.U32() == 0; break;
            }
        }
        // On a point-to-point link IFA_ADDRESS is the other side's; IFA_LOCAL, where present, is always ours.
        return (local ?? address) is not { } own ? null : new InterfaceAddress
        {
            LinkIndex = header.Index,
            Address = own,
            PrefixLength = header.PrefixLength,
            Scope = (AddressScope)header.Scope,
            Flags = (AddressFlags)flags,
            IsDeprecated = deprecated,
        };
    }

    /// <summary><c>struct ifaddrmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public int Index;
    }
}
