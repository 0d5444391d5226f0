using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

/// <summary>The wire form of routes (struct rtmsg and RTA_*, linux/rtnetlink.h).</summary>
internal static class RouteMessage
{
    public const ushort New = 24, Delete = 25, Get = 26;
    public const int HeaderLength = 12;

    private const ushort Destination = 1, OutLink = 4, Gateway = 5, Priority = 6, PreferredSource = 7, Metrics = 8;
    private const ushort TableNumber = 15, MetricMtu = 2;
    private const uint OnLinkFlag = 4, ClonedFlag = 0x200;

    /// <summary>Writes a route to make, or with <paramref name="deleting"/> the pattern of one to delete.</summary>
    public static void Write(NetlinkWriter writer, Route route, bool deleting)
    {
        var prefix = route.Destination;
        var isV6 = prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        var local = route.Gateway is null && !isV6 && route.Kind == RouteKind.Unicast;
        var natural = local ? AddressScope.Link : AddressScope.Universe;
        // Nowhere matches a route of any scope.
        var scope = route.Scope ?? (deleting ? AddressScope.Nowhere : natural);
        writer.Put(new Header
        {
            Family = AddressMessage.FamilyOf(prefix.BaseAddress),
            DestinationLength = (byte)prefix.PrefixLength,
            Table = (byte)(route.Table < 256 ? route.Table : 0),
            Protocol = route.Protocol,
            Scope = (byte)scope,
            Type = (byte)route.Kind,
            Flags = route.OnLink ? OnLinkFlag : 0,
        });
        if (prefix.PrefixLength > 0)
            writer.Address(Destination, prefix.BaseAddress);
        if (route.LinkIndex != 0)
            writer.U32(OutLink, (uint)route.LinkIndex);
        if (route.Gateway is { } gateway)
            writer.Address(Gateway, gateway);
        if (route.Source is { } source)
            writer.Address(PreferredSource, source);
        if (route.Metric is { } metric)
            writer.U32(Priority, metric);
        if (route.Table >= 256)
            writer.U32(TableNumber, route.Table);
        if (route.MtuBytes is not { } mtu)
            return;
        var metrics = writer.BeginNest(Metrics);
        writer.U32(MetricMtu, (uint)mtu);
        writer.EndNest(metrics);
    }

    public static void WriteList(NetlinkWriter writer, byte family, uint? table, int? linkIndex)
    {
        writer.Put(new Header { Family = family });
        if (table is { } number)
            writer.U32(TableNumber, number);
        if (linkIndex is { } index)
            writer.U32(OutLink, (uint)index);
    }

    /// <summary>Decodes RTM_NEWROUTE; null when cut off, of another family, or a clone of the cache.</summary>
    public static Route? Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length < HeaderLength)
            return null;
        var header = MemoryMarshal.Read<Header>(body);
        if (header.Family is not (Libc.AfInet or Libc.AfInet6) || (header.Flags & ClonedFlag) != 0)
            return null;
        var isV6 = header.Family == Libc.AfInet6;
        var destination = isV6 ? IPAddress.IPv6Any : IPAddress.Any;
        IPAddress? gateway = null, source = null;
        uint table = header.Table;
        uint? metric = null;
        int? mtu = null;
        var link = 0;
        var attributes = NetlinkAttributes.After(body, HeaderLength);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Destination: destination = attributes.Address() ?? destination; break;
                case OutLink: link = (int)attributes.U32(); break;
                case Gateway: gateway = attributes.Address(); break;
                case Priority: metric = attributes.U32(); break;
                case PreferredSource: source = attributes.Address(); break;
                case TableNumber: table = attributes.U32(); break;
                case Metrics: mtu = MtuOf(attributes.Nested()); break;
            }
        }
        var sameFamily = destination.AddressFamily == AddressFamily.InterNetworkV6 == isV6;
        if (header.DestinationLength > (isV6 ? 128 : 32) || !sameFamily)
            return null;
        return new Route
        {
            Destination = IPNetworkOf(destination, header.DestinationLength),
            LinkIndex = link,
            Gateway = gateway,
            OnLink = (header.Flags & OnLinkFlag) != 0,
            Source = source,
            Scope = (AddressScope)header.Scope,
            Table = table,
            Metric = metric,
            MtuBytes = mtu,
            Protocol = header.Protocol,
            Kind = (RouteKind)header.Type,
        };
    }

    /// <summary>The network an address lies in: the constructor itself refuses host bits.</summary>
    internal static IPNetwork IPNetworkOf(IPAddress address, int prefixLength)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        for (var bit = prefixLength; bit < length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes[..length]), prefixLength);
    }

    private static int? MtuOf(NetlinkAttributes metrics)
    {
        while (metrics.Next())
        {
            if (metrics.Type == MetricMtu)
                return (int)metrics.U32();
        }
        return null;
    }

    /// <summary><c>struct rtmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public byte Family;
        public byte DestinationLength;
        public byte SourceLength;
        public byte Tos;
        public byte Table;
        public byte Protocol;
        public byte Scope;
        public byte Type;
        public uint Flags;
    }
}
