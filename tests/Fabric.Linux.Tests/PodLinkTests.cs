using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using Fabric.Linux.Pods;
using Fabric.Linux.Route;
using Xunit.Abstractions;

namespace Fabric.Linux.Tests;

public sealed class PodLinkTests(ITestOutputHelper output)
{
    private static readonly PhysicalAddress PodMac = PhysicalAddress.Parse("0A-58-0A-01-00-05");

    private static PodLinkSpec Spec(ScratchNamespace pod, string attachment = "c1/eth0", string host = "fabt1") => new()
    {
        Namespace = pod.Handle,
        InterfaceName = "eth0",
        HostInterfaceName = host,
        Attachment = attachment,
        MtuBytes = 1450,
        Mac = PodMac,
        Addresses = [new(IPAddress.Parse("10.1.0.5"), 24), new(IPAddress.Parse("fd00:1::5"), 64)],
        Routes =
        [
            new(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.1.0.1")),
            new(IPNetwork.Parse("::/0"), IPAddress.Parse("fd00:1::1")),
        ],
        TransmitChecksumOffload = false,
        HostGroup = 4711,
    };

    [SkippableFact]
    public void Attach_makes_the_links_addresses_and_routes_that_iproute2_sees()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);

        var facts = new PodLink(host).Attach(Spec(pod));

        Assert.False(facts.Adopted);
        Assert.Equal(PodMac, facts.PodMac);
        Assert.Equal(1450, facts.MtuBytes);
        var hostEnd = Tool.IpJson(node, "address", "show", "fabt1")[0];
        Assert.Equal("c1/eth0", hostEnd.GetProperty("ifalias").GetString());
        Assert.Equal("none", Tool.IpJson(node, "link", "show", "fabt1")[0]
            .GetProperty("inet6_addr_gen_mode").GetString());
        Assert.Equal("4711", hostEnd.GetProperty("group").GetString());
        Assert.Equal("UP", hostEnd.GetProperty("operstate").GetString());
        Assert.Equal(facts.HostIndex, hostEnd.GetProperty("ifindex").GetInt32());
        Assert.Equal(0, hostEnd.GetProperty("addr_info").GetArrayLength());
        var podEnd = Tool.IpJson(pod, "address", "show", "eth0")[0];
        Assert.Equal(facts.PodIndex, podEnd.GetProperty("ifindex").GetInt32());
        Assert.Equal("0a:58:0a:01:00:05", podEnd.GetProperty("address").GetString());
        Assert.Equal(1450, podEnd.GetProperty("mtu").GetInt32());
        var addresses = podEnd.GetProperty("addr_info").EnumerateArray()
            .Where(a => a.GetProperty("scope").GetString() == "global")
            .Select(a => $"{a.GetProperty("local").GetString()}/{a.GetProperty("prefixlen").GetInt32()}"
                + (a.TryGetProperty("tentative", out _) ? " tentative" : "")).ToArray();
        Assert.Equal(["10.1.0.5/24", "fd00:1::5/64"], addresses);
        var v4 = Tool.IpJson(pod, "-4", "route", "show", "default")[0];
        Assert.Equal("10.1.0.1", v4.GetProperty("gateway").GetString());
        Assert.Contains("onlink", v4.GetProperty("flags").EnumerateArray().Select(f => f.GetString()));
        var v6 = Tool.IpJson(pod, "-6", "route", "show", "default")[0];
        Assert.Equal("fd00:1::1", v6.GetProperty("gateway").GetString());
        Assert.Contains("UP", Tool.IpJson(pod, "link", "show", "lo")[0].GetProperty("flags").EnumerateArray()
            .Select(f => f.GetString()));
        Assert.Equal("0", pod.Exec("cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra").Trim());
        Assert.Contains("tx-checksumming: off", pod.Exec("ethtool", "-k", "eth0"));
    }

    [SkippableFact]
    public void Attach_of_200_pods_is_measured()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        var times = new List<double>();
        using var pod = new ScratchNamespace();
        for (var i = 0; i < 200; i++)
        {
            var start = Stopwatch.GetTimestamp();
            link.Attach(Spec(pod));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            Assert.True(link.DeleteHostEnd("fabt1", "c1/eth0"));
        }
        times.Sort();
        output.WriteLine($"attach: median {times[100]:F0} us, p90 {times[180]:F0} us, min {times[0]:F0} us");
    }
}
