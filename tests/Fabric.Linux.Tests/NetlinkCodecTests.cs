using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using Fabric.Linux.Netlink;
using Fabric.Linux.Pods;
using Fabric.Linux.Route;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Linux.Tests;

public sealed class NetlinkCodecTests
{
    [Fact]
    public void Attributes_read_as_written_and_as_an_independent_slow_decoder_reads_them()
    {
        Prop.ForAll<byte[][]>(values =>
        {
            var writer = new NetlinkWriter();
            writer.BeginMessage(0x1234, 0x5);
            for (var i = 0; i < values.Length; i++)
                writer.Attribute((ushort)(i + 1), values[i]);
            writer.EndMessage();
            var messages = new NetlinkMessages(writer.Written);
            Assert.True(messages.Next());
            Assert.Equal((0x1234, 0x5), (messages.Type, messages.Flags));
            var read = Fast(messages.Body);
            Assert.Equal(values, read.Select(a => a.Value));
            Assert.Equal(Slow(messages.Body.ToArray()), read, Same);
            Assert.False(messages.Next());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Random_bytes_decode_as_the_slow_decoder_says_and_never_throw()
    {
        Prop.ForAll<byte[]>(bytes =>
        {
            // Small lengths, or hardly any attribute would fit.
            for (var i = 1; i < bytes.Length; i += 2)
                bytes[i] &= 0;
            Assert.Equal(Slow(bytes), Fast(bytes), Same);
            var padded = new byte[16].Concat(bytes).ToArray();
            LinkMessage.Parse(padded);
            AddressMessage.Parse(padded);
            foreach (var family in (byte[])[2, 10])
            {
                padded[0] = family;
                RouteMessage.Parse(padded);
                NeighbourMessage.Parse(padded);
            }
            NetlinkSocket.ErrorOf("x", 0x200, padded);
            var messages = new NetlinkMessages(bytes);
            while (messages.Next())
                Assert.True(messages.Body.Length <= bytes.Length);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_message_has_the_bytes_that_the_headers_prescribe()
    {
        var writer = new NetlinkWriter();
        writer.SetSequence(writer.BeginMessage(LinkMessage.Set, 5), 0x01020304);
        LinkMessage.WriteChange(writer, 7, new LinkChange { Name = "ab", Up = true, WithoutLinkLocal = true });
        writer.EndMessage();

        const string Expected =
            "38000000" + "1300" + "0500" + "04030201" + "00000000" // nlmsghdr: 56 bytes, RTM_SETLINK, REQUEST|ACK
            + "00000000" + "07000000" + "01000000" + "01000000" // ifinfomsg: index 7, IFF_UP in flags and mask
            + "0700" + "0300" + "61620000" // IFLA_IFNAME "ab"
            + "1000" + "1A80" + "0C00" + "0A80" + "0500" + "0800" + "01000000"; // AF_SPEC, AF_INET6, ADDR_GEN_MODE none
        Assert.Equal(Expected, Convert.ToHexString(writer.Written));
    }

    [Fact]
    public void Routes_survive_the_wire()
    {
        var route = new Route.Route
        {
            Destination = IPNetwork.Parse("fd00:8::/48"), LinkIndex = 3, Gateway = IPAddress.Parse("fe80::1"),
            OnLink = true, Source = IPAddress.Parse("fd00::1"), Scope = AddressScope.Site, Table = 70000, Metric = 5,
            MtuBytes = 1280, Protocol = 99, Kind = RouteKind.Unreachable,
        };
        var writer = new NetlinkWriter();
        RouteMessage.Write(writer, route, deleting: false);
        Assert.Equal(route, RouteMessage.Parse(writer.Written));
    }

    [Fact]
    public void Addresses_and_neighbours_survive_the_wire()
    {
        var address = new InterfaceAddress
        {
            LinkIndex = 3, Address = IPAddress.Parse("fd00::1"), PrefixLength = 64, Scope = AddressScope.Host,
            Flags = AddressFlags.NoDad | AddressFlags.NoPrefixRoute, IsDeprecated = true,
        };
        var neighbour = new Neighbour
        {
            LinkIndex = 9, Address = IPAddress.Parse("10.0.0.1"), Mac = PhysicalAddress.Parse("010203040506"),
        };
        var writer = new NetlinkWriter();
        AddressMessage.Write(writer, address);
        Assert.Equal(address, AddressMessage.Parse(writer.Written));
        writer = new NetlinkWriter();
        NeighbourMessage.Write(writer, neighbour);
        Assert.Equal(neighbour, NeighbourMessage.Parse(writer.Written));
    }

    [Fact]
    public void The_kernels_text_is_found_behind_a_capped_and_behind_an_echoed_request()
    {
        foreach (var (flags, echoed) in ((ushort, int)[])[(0x300, 16), (0x200, 40)])
        {
            var body = new byte[4 + echoed + 12];
            BinaryPrimitives.WriteInt32LittleEndian(body, -17);
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), 40);
            BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(4 + echoed), 9);
            BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(4 + echoed + 2), 1);
            Encoding.ASCII.GetBytes("text\0", body.AsSpan(4 + echoed + 4));
            var error = NetlinkSocket.ErrorOf("make it", flags, body)!;
            Assert.Equal(("make it", 17, "text"), (error.Operation, error.Errno, error.KernelText));
        }
        Assert.Null(NetlinkSocket.ErrorOf("make it", 0, new byte[4]));
    }

    [Fact]
    public void A_neighbour_advertisement_has_a_valid_checksum()
    {
        var frame = Announcement.Frame(IPAddress.Parse("fd00::5"), PhysicalAddress.Parse("0A5800000001"));
        // With its checksum in place the ones' complement sum of pseudo header and message is all ones.
        var sum = 32u + 58;
        for (var i = 14 + 8; i < frame.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(i));
        Assert.Equal(0xffffu, (sum & 0xffff) + (sum >> 16));
    }

    private static List<(int Type, byte[] Value)> Fast(ReadOnlySpan<byte> bytes)
    {
        var found = new List<(int, byte[])>();
        var attributes = new NetlinkAttributes(bytes);
        while (attributes.Next())
            found.Add((attributes.Type, attributes.Value.ToArray()));
        return found;
    }

    private static List<(int Type, byte[] Value)> Slow(byte[] bytes)
    {
        var found = new List<(int, byte[])>();
        var at = 0;
        while (at + 4 <= bytes.Length)
        {
            var length = bytes[at] | bytes[at + 1] << 8;
            if (length < 4 || at + length > bytes.Length)
                break;
            found.Add(((bytes[at + 2] | bytes[at + 3] << 8) & 0x3fff, bytes[(at + 4)..(at + length)]));
            at += (length + 3) / 4 * 4;
        }
        return found;
    }

    private static bool Same((int Type, byte[] Value) a, (int Type, byte[] Value) b) =>
        a.Type == b.Type && a.Value.AsSpan().SequenceEqual(b.Value);
}
