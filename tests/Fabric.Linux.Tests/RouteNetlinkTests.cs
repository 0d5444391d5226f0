using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Fabric.Linux.Netlink;
using Fabric.Linux.Route;

namespace Fabric.Linux.Tests;

public sealed class RouteNetlinkTests
{
    private static readonly IPAddress V4 = IPAddress.Parse("10.7.0.1"), V6 = IPAddress.Parse("fd00:7::1");

    [SkippableFact]
    public void A_veth_is_made_changed_listed_and_deleted_as_iproute2_sees_it()
    {
        using var scratch = Scratch(out var netlink);
        using var other = new ScratchNamespace();
        var mac = PhysicalAddress.Parse("0A-58-00-00-00-01");
        var link = netlink.CreateVeth(new VethPair
        {
            Name = "fabt0",
            PeerName = "fabt1",
            PeerNamespace = other.Handle,
            Mac = mac,
            MtuBytes = 1400,
            Group = 7,
            PeerGroup = 8,
        });

        netlink.ChangeLink(link.Index, new LinkChange { Alias = "grüß", Up = true, WithoutLinkLocal = true });
        netlink.ChangeLink(link.Index, new LinkChange { MtuBytes = 1300, Group = 9 });

        var seen = netlink.FindLink("fabt0")!;
        var oracle = Tool.IpJson(scratch, "link", "show", "fabt0")[0];
        Assert.Equal(oracle.GetProperty("ifindex").GetInt32(), seen.Index);
        Assert.Equal(oracle.GetProperty("ifalias").GetString(), seen.Alias);
        Assert.Equal(oracle.GetProperty("mtu").GetInt32(), seen.MtuBytes);
        Assert.Equal(oracle.GetProperty("group").GetString(), seen.Group.ToString());
        Assert.Equal(oracle.GetProperty("link_netnsid").GetInt32(), seen.PeerNetnsId);
        Assert.Equal(oracle.GetProperty("link_index").GetInt32(), seen.PeerIndex);
        Assert.Equal("none", oracle.GetProperty("inet6_addr_gen_mode").GetString());
        Assert.Equal((mac, "veth", true, false), (seen.Mac, seen.Kind, seen.IsUp, seen.IsLowerUp));
        Assert.Equal(seen.PeerNetnsId, netlink.FindNamespaceId(other.Handle));
        Assert.Equal("8", Tool.IpJson(other, "link", "show", "fabt1")[0].GetProperty("group").GetString());
        Assert.Equal(seen, netlink.ListLinks().Single(l => l.Index == link.Index));
        netlink.ChangeLink(link.Index, new LinkChange { Up = false });
        netlink.ChangeLink(link.Index, new LinkChange { Name = "fabt7", Alias = "" });
        Assert.Equal("", netlink.FindLink(link.Index)!.Alias);
        Assert.Null(netlink.FindLink("fabt0"));
        Assert.True(netlink.DeleteLink("fabt7"));
        Assert.False(netlink.DeleteLink("fabt7"));
        Assert.False(netlink.DeleteLink(link.Index));
        Assert.Null(netlink.FindLink(link.Index));
    }

    [SkippableFact]
    public void The_kernels_own_text_reaches_the_exception()
    {
        using var scratch = Scratch(out var netlink);
        var link = Up(netlink);

        var mtu = Assert.Throws<NetlinkException>(
            () => netlink.ChangeLink(link.Index, new LinkChange { MtuBytes = 70000 }));
        var route = Assert.Throws<NetlinkException>(() => netlink.AddRoute(
            new Route.Route { Destination = IPNetwork.Parse("10.8.0.0/16"), Gateway = IPAddress.Parse("10.9.9.9") }));

        Assert.Equal("mtu greater than device maximum", mtu.KernelText);
        Assert.Contains($"change link {link.Index}", mtu.Message, StringComparison.Ordinal);
        Assert.Equal("Nexthop has invalid gateway", route.KernelText);
        Assert.Contains("route 10.8.0.0/16 via 10.9.9.9", route.Message, StringComparison.Ordinal);
        Assert.False(route.IsTransient);
    }

    [SkippableFact]
    public void A_failed_request_does_not_disturb_the_next_one()
    {
        using var scratch = Scratch(out var netlink);
        for (var i = 0; i < 50; i++)
        {
            var error = Assert.Throws<NetlinkException>(() => netlink.ChangeLink(9999, new LinkChange { Up = true }));
            Assert.True(error.IsNotFound);
            Assert.Equal("lo", netlink.ListLinks().Single().Name);
        }
    }

    [SkippableFact]
    public void Names_used_twice_are_already_present()
    {
        using var scratch = Scratch(out var netlink);
        Up(netlink);
        var error = Assert.Throws<NetlinkException>(
            () => netlink.CreateVeth(new VethPair { Name = "fabt0", PeerName = "fabt5" }));
        Assert.True(error.IsAlreadyPresent);
    }

    [SkippableFact]
    public void Addresses_carry_flags_scope_and_lifetime()
    {
        using var scratch = Scratch(out var netlink);
        var link = Up(netlink);
        var v4 = new InterfaceAddress
        {
            LinkIndex = link.Index, Address = V4, PrefixLength = 24, Scope = AddressScope.Link,
            Flags = AddressFlags.NoPrefixRoute,
        };
        var v6 = new InterfaceAddress
        {
            LinkIndex = link.Index, Address = V6, PrefixLength = 64, Flags = AddressFlags.NoDad, IsDeprecated = true,
        };

        netlink.AddAddress(v4);
        netlink.AddAddress(v6);
        netlink.ReplaceAddress(v6);

        Assert.True(Assert.Throws<NetlinkException>(() => netlink.AddAddress(v6)).IsAlreadyPresent);
        var oracle = Tool.IpJson(scratch, "address", "show", "fabt0")[0].GetProperty("addr_info").EnumerateArray()
            .ToDictionary(a => a.GetProperty("local").GetString()!);
        Assert.Equal("link", oracle["10.7.0.1"].GetProperty("scope").GetString());
        Assert.True(oracle["10.7.0.1"].GetProperty("noprefixroute").GetBoolean());
        Assert.True(oracle["fd00:7::1"].GetProperty("nodad").GetBoolean());
        Assert.True(oracle["fd00:7::1"].GetProperty("deprecated").GetBoolean());
        Assert.Equal(0, oracle["fd00:7::1"].GetProperty("preferred_life_time").GetInt64());
        var listed = netlink.ListAddresses(link.Index);
        Assert.Equal(oracle.Keys.Order(), listed.Select(a => a.Address.ToString()).Order());
        Assert.True(listed.Single(a => a.Address.Equals(V6)).IsDeprecated);
        Assert.Empty(netlink.ListRoutes(AddressFamily.InterNetwork));
        Assert.True(netlink.DeleteAddress(v6));
        Assert.False(netlink.DeleteAddress(v6));
    }

    [SkippableFact]
    public void Routes_carry_gateway_source_metric_mtu_and_table()
    {
        using var scratch = Scratch(out var netlink);
        var link = Up(netlink);
        netlink.AddAddress(new() { LinkIndex = link.Index, Address = V4, PrefixLength = 24 });
        netlink.AddAddress(
            new() { LinkIndex = link.Index, Address = V6, PrefixLength = 64, Flags = AddressFlags.NoDad });
        var v4 = new Route.Route
        {
            Destination = IPNetwork.Parse("10.8.0.0/16"), LinkIndex = link.Index, OnLink = true, Source = V4,
            Gateway = IPAddress.Parse("172.16.0.1"), Metric = 50, MtuBytes = 1400, Table = 5000,
        };
        var v6 = new Route.Route
        {
            Destination = IPNetwork.Parse("fd00:8::/48"), LinkIndex = link.Index, Source = V6, Protocol = 77,
            Gateway = IPAddress.Parse("fd00:9::1"), OnLink = true, Metric = 60, MtuBytes = 1380,
        };
        var connected = new Route.Route { Destination = IPNetwork.Parse("10.10.0.0/16"), LinkIndex = link.Index };

        foreach (var route in (Route.Route[])[v4, v6, connected])
        {
            netlink.AddRoute(route);
            netlink.ReplaceRoute(route);
            Assert.True(Assert.Throws<NetlinkException>(() => netlink.AddRoute(route)).IsAlreadyPresent);
        }

        var oracle = Tool.IpJson(scratch, "-4", "route", "show", "table", "5000")[0];
        Assert.Equal("172.16.0.1", oracle.GetProperty("gateway").GetString());
        Assert.Equal("10.7.0.1", oracle.GetProperty("prefsrc").GetString());
        Assert.Equal(50, oracle.GetProperty("metric").GetInt32());
        Assert.Equal(1400, oracle.GetProperty("metrics")[0].GetProperty("mtu").GetInt32());
        Assert.Equal(v4 with { Scope = AddressScope.Universe },
            Assert.Single(netlink.ListRoutes(AddressFamily.InterNetwork, 5000)));
        Assert.Equal(v6 with { Scope = AddressScope.Universe }, Assert.Single(
            netlink.ListRoutes(AddressFamily.InterNetworkV6), r => r.Destination == v6.Destination));
        Assert.Equal(AddressScope.Link, Assert.Single(
            netlink.ListRoutes(AddressFamily.InterNetwork), r => r.Destination == connected.Destination).Scope);
        Assert.Empty(netlink.ListRoutes(AddressFamily.InterNetwork, 4999));
        foreach (var route in (Route.Route[])[v4, v6, connected])
        {
            Assert.True(netlink.DeleteRoute(route));
            Assert.False(netlink.DeleteRoute(route));
        }
    }

    [SkippableFact]
    public void A_probe_resolves_a_neighbour_before_any_packet_needs_it()
    {
        using var scratch = Scratch(out var netlink);
        using var other = new ScratchNamespace();
        using var inside = RouteNetlink.OpenIn(other.Handle);
        var link = netlink.CreateVeth(
            new VethPair { Name = "fabt0", PeerName = "fabt1", PeerNamespace = other.Handle });
        var peer = IPAddress.Parse("10.7.0.2");
        netlink.AddAddress(new() { LinkIndex = link.Index, Address = V4, PrefixLength = 24 });
        inside.AddAddress(new() { LinkIndex = link.PeerIndex, Address = peer, PrefixLength = 24 });
        inside.ChangeLink(link.PeerIndex, new LinkChange { Up = true });
        netlink.ChangeLink(link.Index, new LinkChange { Up = true });
        var mac = inside.FindLink(link.PeerIndex)!.Mac;

        netlink.ProbeNeighbour(link.Index, peer);

        Assert.True(SpinWait.SpinUntil(
            () => netlink.ListNeighbours(AddressFamily.InterNetwork, link.Index).Any(n => mac.Equals(n.Mac)), 5000));
    }

    [SkippableFact]
    public void Neighbours_are_set_replaced_and_deleted()
    {
        using var scratch = Scratch(out var netlink);
        var link = Up(netlink);
        var entry = new Neighbour
        {
            LinkIndex = link.Index, Address = IPAddress.Parse("fd00:7::9"), Mac = PhysicalAddress.Parse("0A580000000F"),
        };

        netlink.AddNeighbour(entry);
        Assert.True(Assert.Throws<NetlinkException>(() => netlink.AddNeighbour(entry)).IsAlreadyPresent);
        netlink.ReplaceNeighbour(entry with { Mac = PhysicalAddress.Parse("0A580000000E") });

        var oracle = Tool.IpJson(scratch, "-6", "neighbour", "show", "fd00:7::9", "dev", "fabt0")[0];
        Assert.Equal("0a:58:00:00:00:0e", oracle.GetProperty("lladdr").GetString());
        Assert.Equal("PERMANENT", oracle.GetProperty("state")[0].GetString());
        Assert.Equal(NeighbourStates.Permanent,
            netlink.ListNeighbours(AddressFamily.InterNetworkV6, link.Index)
                .Single(n => n.Address.Equals(entry.Address)).State);
        Assert.True(netlink.DeleteNeighbour(link.Index, entry.Address));
        Assert.False(netlink.DeleteNeighbour(link.Index, IPAddress.Parse("fd00:7::a")));
    }

    [SkippableFact]
    public void Group_0_is_never_deleted_and_an_empty_group_is_no_error()
    {
        using var scratch = Scratch(out var netlink);
        Assert.Throws<ArgumentOutOfRangeException>(() => netlink.DeleteGroup(0));
        Assert.False(netlink.DeleteGroup(12345));
    }

    [SkippableFact]
    public void A_list_longer_than_one_buffer_is_complete()
    {
        using var scratch = Scratch(out var netlink);
        for (var i = 0; i < 120; i++)
            netlink.CreateVeth(new VethPair { Name = $"fabt{2 * i}", PeerName = $"fabt{2 * i + 1}" });
        Assert.Equal(241, netlink.ListLinks().Count);
    }

    private static Link Up(RouteNetlink netlink)
    {
        var link = netlink.CreateVeth(new VethPair { Name = "fabt0", PeerName = "fabt1" });
        netlink.ChangeLink(link.Index, new LinkChange { Up = true, WithoutLinkLocal = true });
        netlink.ChangeLink(link.PeerIndex, new LinkChange { Up = true, WithoutLinkLocal = true });
        return link;
    }

    private static ScratchNamespace Scratch(out RouteNetlink netlink)
    {
        ScratchNamespace.Require();
        var scratch = new ScratchNamespace();
        netlink = RouteNetlink.OpenIn(scratch.Handle);
        return scratch;
    }
}
