using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>The wire form of links (struct ifinfomsg and IFLA_*, linux/if_link.h).</summary>
internal static class LinkMessage
{
    public const ushort New = 16, Delete = 17, Get = 18, Set = 19;
    public const int HeaderLength = 16;

    private const ushort Address = 1, IfName = 3, Mtu = 4, PeerLink = 5, Master = 10, LinkInfo = 18, Alias = 20;
    private const ushort AfSpec = 26, GroupNumber = 27, NetNsFd = 28, ExtMask = 29, LinkNetnsId = 37;
    private const ushort InfoKind = 1, InfoData = 2, VethPeer = 1, Inet6AddressGenerationMode = 8;
    private const byte AddressGenerationNone = 1;
    private const uint SkipStatistics = 8;

    public static void WriteHeader(NetlinkWriter writer, int index, LinkFlags flags = 0, LinkFlags mask = 0) =>
        writer.Put(new Header { Index = index, Flags = (uint)flags, Change = (uint)mask });

    public static void WriteList(NetlinkWriter writer)
    {
        WriteHeader(writer, 0);
        writer.U32(ExtMask, SkipStatistics);
    }

    public static void WriteGet(NetlinkWriter writer, int index, string? name)
    {
        WriteHeader(writer, index);
        if (name is not null)
            writer.Text(IfName, name);
        writer.U32(ExtMask, SkipStatistics);
    }

    public static void WriteVeth(NetlinkWriter writer, VethPair pair)
    {
        WriteHeader(writer, 0);
        WriteEnd(writer, pair.Name, pair.Mac, pair.MtuBytes, pair.Group);
        var info = writer.BeginNest(LinkInfo);
        writer.Text(InfoKind, "veth");
        var data = writer.BeginNest(InfoData);
        var peer = writer.BeginNest(VethPeer);
        WriteHeader(writer, 0);
        WriteEnd(writer, pair.PeerName, pair.PeerMac, pair.MtuBytes, pair.PeerGroup);
        if (pair.PeerNamespace is { } target)
            writer.U32(NetNsFd, (uint)target.Handle.DangerousGetHandle());
        writer.EndNest(peer);
        writer.EndNest(data);
        writer.EndNest(info);
    }

    public static void WriteChange(NetlinkWriter writer, int index, LinkChange change)
    {
        var up = change.Up == true ? LinkFlags.Up : 0;
        WriteHeader(writer, index, up, change.Up is null ? 0 : LinkFlags.Up);
        if (change.Name is not null)
            writer.Text(IfName, change.Name);
        WriteProperties(writer, change.Mac, change.MtuBytes, change.Group);
        if (change.Alias is not null)
            writer.Text(Alias, change.Alias);
        if (!change.WithoutLinkLocal)
            return;
        var families = writer.BeginNest(AfSpec);
        var inet6 = writer.BeginNest(Libc.AfInet6);
        writer.U8(Inet6AddressGenerationMode, AddressGenerationNone);
        writer.EndNest(inet6);
        writer.EndNest(families);
    }

    public static void WriteDelete(NetlinkWriter writer, int index, string? name = null)
    {
        WriteHeader(writer, index);
        if (name is not null)
            writer.Text(IfName, name);
    }

    public static void WriteDeleteGroup(NetlinkWriter writer, uint group)
    {
        WriteHeader(writer, 0);
        writer.U32(GroupNumber, group);
    }

    /// <summary>Decodes RTM_NEWLINK or RTM_DELLINK; null when it has no name or is cut off.</summary>
    public static Link? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < HeaderLength)
            return null;
        var header = MemoryMarshal.Read<Header>(body);
        string name = "", alias = "", kind = "";
        var mac = PhysicalAddress.None;
        uint mtu = 0, group = 0, peer = 0, master = 0;
        int? netnsId = null;
        var attributes = NetlinkAttributes.After(body, HeaderLength);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Address: mac = attributes.Mac(); break;
                case IfName: name = attributes.Text(); break;
                case Mtu: mtu = attributes.U32(); break;
                case PeerLink: peer = attributes.U32(); break;
                case Master: master = attributes.U32(); break;
                case LinkInfo: kind = KindOf(attributes.Nested()); break;
                case Alias: alias = attributes.Text(); break;
                case GroupNumber: group = attributes.U32(); break;
                case LinkNetnsId: netnsId = (int)attributes.U32(); break;
            }
        }
        return name.Length == 0 ? null : new Link
        {
            Index = header.Index,
            Name = name,
            Mac = mac,
            MtuBytes = (int)mtu,
            Flags = (LinkFlags)header.Flags,
            Alias = alias,
            Kind = kind,
            Group = group,
            PeerIndex = (int)peer,
            PeerNetnsId = netnsId,
            MasterIndex = (int)master,
        };
    }

    private static string KindOf(NetlinkAttributes info)
    {
        while (info.Next())
        {
            if (info.Type == InfoKind)
                return info.Text();
        }
        return "";
    }

    private static void WriteEnd(NetlinkWriter writer, string name, PhysicalAddress? mac, int? mtuBytes, uint group)
    {
        writer.Text(IfName, name);
        WriteProperties(writer, mac, mtuBytes, group);
    }

    private static void WriteProperties(NetlinkWriter writer, PhysicalAddress? mac, int? mtuBytes, uint? group)
    {
        if (mac is not null)
            writer.Attribute(Address, mac.GetAddressBytes());
        if (mtuBytes is { } mtu)
            writer.U32(Mtu, (uint)mtu);
        if (group is { } number)
            writer.U32(GroupNumber, number);
    }

    /// <summary><c>struct ifinfomsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public byte Family;
        public byte Pad;
        public ushort Type;
        public int Index;
        public uint Flags;
        public uint Change;
    }
}
