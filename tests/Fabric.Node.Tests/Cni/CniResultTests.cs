using System.Collections.Immutable;
using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Node.Tests.Cni;

/// <summary>Results: one golden text per version, and what is written reads back.</summary>
public sealed class CniResultTests
{
    private static readonly CniResult Full = new(
        [
            new CniInterface("fab0a1b", "02:00:00:00:00:01", "", 1450),
            new CniInterface("eth0", "02:00:00:00:00:02", "/run/netns/x", 1450, "/run/sock", "0000:00:1f.6"),
        ],
        [
            new CniIp(AddressPrefix.Parse("10.244.1.5/24"), IpAddress.Parse("10.244.1.1"), 1),
            new CniIp(AddressPrefix.Parse("fd00::5/64"), null, 1),
        ],
        [
            new CniRoute(Cidr.Parse("0.0.0.0/0"), IpAddress.Parse("10.244.1.1"), 1400, 1360, 0, 254, 0),
            new CniRoute(Cidr.Parse("fd00:1::/64"), null),
        ],
        new CniDns(["10.96.0.10"], "cluster.local", ["svc.cluster.local"], ["ndots:5"]));

    private const string Dns =
        ""","dns":{"nameservers":["10.96.0.10"],"domain":"cluster.local","search":["svc.cluster.local"],"options":["ndots:5"]}}""" + "\n";

    private const string OldInterfaces =
        ""","interfaces":[{"name":"fab0a1b","mac":"02:00:00:00:00:01"},{"name":"eth0","mac":"02:00:00:00:00:02","sandbox":"/run/netns/x"}]""";

    private const string OldRoutes = ""","routes":[{"dst":"0.0.0.0/0","gw":"10.244.1.1"},{"dst":"fd00:1::/64"}]""";

    private static string Written(CniResult result, string version) => Encoding.UTF8.GetString(CniResultWriter.Write(result, version));

    [Theory]
    [InlineData("0.3.0")]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    public void Before_1_0_0_addresses_name_their_family(string version) => Assert.Equal(
        $"{{\"cniVersion\":\"{version}\"" + OldInterfaces
        + ""","ips":[{"version":"4","interface":1,"address":"10.244.1.5/24","gateway":"10.244.1.1"},"""
        + """{"version":"6","interface":1,"address":"fd00::5/64"}]""" + OldRoutes + Dns,
        Written(Full, version));

    [Fact]
    public void In_1_0_0_addresses_speak_for_themselves() => Assert.Equal(
        """{"cniVersion":"1.0.0" """.TrimEnd() + OldInterfaces
        + ""","ips":[{"interface":1,"address":"10.244.1.5/24","gateway":"10.244.1.1"},{"interface":1,"address":"fd00::5/64"}]"""
        + OldRoutes + Dns,
        Written(Full, "1.0.0"));

    [Fact]
    public void In_1_1_0_interfaces_and_routes_tell_more() => Assert.Equal(
        """{"cniVersion":"1.1.0","interfaces":[{"name":"fab0a1b","mac":"02:00:00:00:00:01","mtu":1450},"""
        + """{"name":"eth0","mac":"02:00:00:00:00:02","mtu":1450,"sandbox":"/run/netns/x","socketPath":"/run/sock","pciID":"0000:00:1f.6"}]"""
        + ""","ips":[{"interface":1,"address":"10.244.1.5/24","gateway":"10.244.1.1"},{"interface":1,"address":"fd00::5/64"}]"""
        + ""","routes":[{"dst":"0.0.0.0/0","gw":"10.244.1.1","mtu":1400,"advmss":1360,"priority":0,"table":254,"scope":0},"""
        + """{"dst":"fd00:1::/64"}]""" + Dns,
        Written(Full, "1.1.0"));

    [Fact]
    public void An_empty_result_has_its_version_and_an_empty_dns() => Assert.Equal(
        "{\"cniVersion\":\"1.1.0\",\"dns\":{}}\n", Written(new CniResult([], [], [], CniDns.Empty), "1.1.0"));

    [Fact]
    public void A_version_that_is_not_spoken_is_not_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CniResultWriter.Write(Full, "0.2.0"));

    [Fact]
    public void What_is_written_reads_back_as_far_as_the_version_can_tell()
    {
        Prop.ForAll(Results().ToArbitrary(), result =>
        {
            foreach (var version in CniProtocol.SupportedVersions)
            {
                var read = CniResultReader.Read(CniResultWriter.Write(result, version), out var fault);
                Assert.Equal("", fault);
                Assert.Equal(version == "1.1.0" ? result : WithoutNewest(result), read);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static CniResult WithoutNewest(CniResult result) => result with
    {
        Interfaces = [.. result.Interfaces.Select(i => new CniInterface(i.Name, i.Mac, i.Sandbox))],
        Routes = [.. result.Routes.Select(r => new CniRoute(r.Destination, r.Gateway))],
    };

    private static Gen<CniResult> Results()
    {
        var text = Gen.Elements("", "eth0", "a\"b\\", "é\n", "/run/netns/x");
        var number = Gen.Elements<int?>(null, 0, 1, 1450, int.MaxValue);
        var address = Gen.Elements("10.0.0.1", "fd00::1", "255.255.255.255", "::").Select(a => IpAddress.Parse(a));
        var gateway = Gen.OneOf(Gen.Constant<IpAddress?>(null), address.Select(a => (IpAddress?)a));
        var interfaces =
            from name in text from mac in text from sandbox in text from mtu in Gen.Choose(0, 9000) from socket in text from pci in text
            select new CniInterface(name, mac, sandbox, mtu, socket, pci);
        var ips =
            from a in address from prefix in Gen.Choose(0, 32) from g in gateway from i in Gen.Elements<int?>(null, 0)
            select new CniIp(new AddressPrefix(a, prefix), g, i);
        var routes =
            from a in address from prefix in Gen.Choose(0, 32) from g in gateway
            from n in number.ArrayOf(4) from scope in Gen.Elements<int?>(null, 0, 253)
            select new CniRoute(new Cidr(a, prefix), g, n[0], n[1], n[2], n[3], scope);
        var strings = text.ListOf().Select(l => l.ToImmutableArray());
        return
            from i in interfaces.NonEmptyListOf() from a in ips.ListOf() from r in routes.ListOf()
            from nameservers in strings from domain in text from search in strings from options in strings
            select new CniResult([.. i], [.. a], [.. r], new CniDns(nameservers, domain, search, options));
    }

    [Theory]
    [InlineData("", "not JSON: ")]
    [InlineData("[]", "the result = [] must be an object")]
    [InlineData("""{"ips":{}}""", "ips = {} must be a list")]
    [InlineData("""{"ips":[{}]}""", "ips.address = nothing must be ADDRESS/PREFIX")]
    [InlineData("""{"ips":[{"address":"10.0.0.1"}]}""", "ips.address = \"10.0.0.1\" must be ADDRESS/PREFIX")]
    [InlineData("""{"ips":[{"address":7}]}""", "ips.address = 7 must be a string")]
    [InlineData("""{"ips":[{"address":"10.0.0.1/24","gateway":"x"}]}""", "ips.gateway = x must be an IP address")]
    [InlineData("""{"interfaces":[{"name":"a"}],"ips":[{"address":"10.0.0.1/24","interface":1}]}""",
        "ips.interface = 1 must be an integer from 0 to 0")]
    [InlineData("""{"routes":[{"gw":"10.0.0.1"}]}""", "routes.dst = nothing must be NETWORK/PREFIX")]
    [InlineData("""{"interfaces":[7]}""", "interfaces = 7 must be a list of objects")]
    [InlineData("""{"dns":[]}""", "dns = [] must be an object")]
    [InlineData("""{"dns":{"search":"x"}}""", "dns.search = \"x\" must be a list")]
    [InlineData("""{"dns":{"domain":"\ud800"}}""", "not JSON: ")]
    public void A_wrong_result_is_refused_by_name(string json, string fault)
    {
        Assert.Null(CniResultReader.Read(Encoding.UTF8.GetBytes(json), out var found));
        Assert.StartsWith(fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ipam_plugins_result_of_an_old_version_is_read()
    {
        // As Debian's host-local prints it.
        var json = """
            {"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.9.0.2/24", "gateway": "10.9.0.1"}],
             "routes": [{"dst": "10.3.0.7/16"}], "dns": {}, "future": 1}
            """u8.ToArray();
        var result = CniResultReader.ReadIpam(json, out _);
        Assert.Equal(
            new IpamResult(
                [new CniIp(AddressPrefix.Parse("10.9.0.2/24"), IpAddress.Parse("10.9.0.1"), null)],
                [new CniRoute(Cidr.Parse("10.3.0.0/16"), null)],
                CniDns.Empty),
            result);
    }

    [Fact]
    public void An_ipam_result_without_an_address_is_refused()
    {
        Assert.Null(CniResultReader.ReadIpam("{}"u8.ToArray(), out var fault));
        Assert.Equal("the result holds no address", fault);
    }
}
