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
        var pods = new List<ScratchNamespace>();
        using var node = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        try
        {
            for (var i = 0; i < 200; i++)
                pods.Add(new ScratchNamespace());
            Measure("IPv4 and IPv6, offload off", Spec);
            Measure("IPv4 alone", (pod, attachment, name) => Spec(pod, attachment, name) with
            {
                Addresses = [new(IPAddress.Parse("10.1.0.5"), 24)],
                Routes = [new(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.1.0.1"))],
                TransmitChecksumOffload = true,
            });
        }
        finally
        {
            pods.ForEach(pod => pod.Dispose());
        }

        void Measure(string what, Func<ScratchNamespace, string, string, PodLinkSpec> spec)
        {
            var times = new List<double>();
            for (var i = 0; i < pods.Count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                link.Attach(spec(pods[i], $"c{i}/eth0", $"fabt{i}"));
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
            times.Sort();
            output.WriteLine(
                $"attach, {what}: median {times[100]:F0} us, p90 {times[180]:F0} us, min {times[0]:F0} us");
            Assert.True(host.DeleteGroup(4711));
        }
    }

    [SkippableFact]
    public void A_tombstoned_interface_name_can_be_attached_again_at_once()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        var first = link.Attach(Spec(pod));

        Assert.True(PodLink.Tombstone(pod.Handle, "eth0", "c1/eth0"));
        Assert.False(PodLink.Tombstone(pod.Handle, "eth0", "c1/eth0"));
        var second = link.Attach(Spec(pod, "c2/eth0", "fabt2"));

        Assert.NotEqual(first.PodIndex, second.PodIndex);
        Assert.False(second.Adopted);
        Assert.True(link.DeleteHostEnd("fabt1", "c1/eth0"));
        Assert.False(link.DeleteHostEnd("fabt1", "c1/eth0"));
        Assert.Equal(["lo", "eth0"], Names(pod));
        Assert.Equal("10.1.0.1", Tool.IpJson(pod, "-4", "route", "show", "default")[0]
            .GetProperty("gateway").GetString());
    }

    [SkippableFact]
    public void A_repeated_attach_takes_the_link_over_and_corrects_its_addresses()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        var first = link.Attach(Spec(pod));

        var second = link.Attach(Spec(pod) with
        {
            MtuBytes = 1400,
            Addresses = [new(IPAddress.Parse("10.1.0.6"), 24)],
            Routes = [new(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.1.0.2"))],
        });

        Assert.Equal(first with { Adopted = true, MtuBytes = 1400 }, second);
        var state = PodLink.Inspect(pod.Handle, "eth0")!;
        Assert.Equal(["10.1.0.6"], state.Addresses.Where(a => a.Scope == AddressScope.Universe)
            .Select(a => a.Address.ToString()));
        Assert.Equal(["10.1.0.2"], state.Routes.Where(r => r.Destination.ToString() == "0.0.0.0/0")
            .Select(r => r.Gateway!.ToString()));
    }

    [SkippableFact]
    public void A_leftover_of_the_same_attachment_in_another_namespace_is_replaced()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var old = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        link.Attach(Spec(old));

        Assert.False(link.Attach(Spec(pod)).Adopted);

        Assert.Equal(["lo"], Names(old));
        Assert.Equal(["lo", "eth0"], Names(pod));
    }

    [SkippableFact]
    public void A_veth_left_without_alias_is_replaced_when_it_has_the_group()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        host.CreateVeth(new VethPair
        {
            Name = "fabt1", PeerName = "eth0", PeerNamespace = pod.Handle, Group = 4711,
        });

        Assert.False(new PodLink(host).Attach(Spec(pod)).Adopted);
        Assert.Equal(["lo", "eth0"], Names(pod));
        Tool.Run("ip", "-n", node.Name, "link", "set", "fabt1", "alias", "");
        Assert.Throws<PodLinkException>(() => new PodLink(host).DeleteHostEnd("fabt1", "c1/eth0"));
        Assert.True(new PodLink(host).DeleteHostEnd("fabt1", "c1/eth0", 4711));
    }

    [SkippableFact]
    public void A_host_link_with_a_foreign_alias_is_neither_adopted_nor_deleted()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        Tool.Run("ip", "-n", node.Name, "link", "add", "fabt1", "group", "4711", "type", "veth",
            "peer", "name", "fabt9");
        Tool.Run("ip", "-n", node.Name, "link", "set", "fabt1", "alias", "somebody else");
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);

        var attach = Assert.Throws<PodLinkException>(() => link.Attach(Spec(pod)));
        var delete = Assert.Throws<PodLinkException>(() => link.DeleteHostEnd("fabt1", "c1/eth0"));
        var left = link.DeleteHostEnds(new Dictionary<string, string> { ["fabt1"] = "c1/eth0" }, 666);

        Assert.Equal(PodLinkFailure.ForeignHostLink, attach.Reason);
        Assert.Equal(PodLinkFailure.ForeignHostLink, delete.Reason);
        Assert.Contains("somebody else", attach.Message, StringComparison.Ordinal);
        Assert.Equal(["fabt1"], left);
        var untouched = Tool.IpJson(node, "link", "show", "fabt1")[0];
        Assert.Equal("somebody else", untouched.GetProperty("ifalias").GetString());
        Assert.Equal("DOWN", untouched.GetProperty("operstate").GetString());
    }

    [SkippableFact]
    public void An_interface_name_the_pod_has_already_is_a_typed_error_and_leaves_nothing()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        Tool.Run("ip", "-n", pod.Name, "link", "add", "eth0", "type", "veth", "peer", "name", "fabt9");
        using var host = RouteNetlink.OpenIn(node.Handle);

        var error = Assert.Throws<PodLinkException>(() => new PodLink(host).Attach(Spec(pod)));

        Assert.Equal(PodLinkFailure.InterfaceNameInUse, error.Reason);
        Assert.Contains("eth0", error.Message, StringComparison.Ordinal);
        Assert.Equal(["lo"], Names(node));
    }

    [SkippableFact]
    public void A_step_that_fails_inside_the_pod_undoes_the_link_and_is_named_with_the_kernels_text()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var spec = Spec(pod) with { Routes = [new(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("255.255.255.255"))] };

        var error = Assert.Throws<PodLinkException>(() => new PodLink(host).Attach(spec));

        Assert.Equal(PodLinkFailure.Kernel, error.Reason);
        Assert.Equal("configure the pod's end", error.Step);
        Assert.Contains("add route 0.0.0.0/0 via 255.255.255.255 on eth0", error.Message, StringComparison.Ordinal);
        Assert.NotNull(Assert.IsType<Netlink.NetlinkException>(error.InnerException).KernelText);
        Assert.Equal(["lo"], Names(node));
        Assert.Equal(["lo"], Names(pod));
    }

    [SkippableFact]
    public void The_hosts_own_namespace_is_refused()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        using var own = NetworkNamespace.Open("/proc/self/ns/net");

        var error = Assert.Throws<PodLinkException>(
            () => new PodLink(host).Attach(Spec(node) with { Namespace = own }));

        Assert.Equal(PodLinkFailure.HostNamespace, error.Reason);
    }

    [SkippableFact]
    public void An_address_is_added_in_a_pod_whose_runtime_disabled_ipv6()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        pod.Exec("sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
        using var host = RouteNetlink.OpenIn(node.Handle);

        new PodLink(host).Attach(Spec(pod));

        Assert.Contains(PodLink.Inspect(pod.Handle, "eth0")!.Addresses, a => a.Address.ToString() == "fd00:1::5");
    }

    [SkippableFact]
    public void A_hundred_attachments_are_deleted_in_one_step()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var link = new PodLink(host);
        var attachments = new Dictionary<string, string>();
        for (var i = 0; i < 100; i++)
        {
            link.Attach(Spec(pod, $"c{i}/net{i}", $"fabt{i}") with
            {
                InterfaceName = $"net{i}", Mac = null, Addresses = [], Routes = [],
            });
            attachments[$"fabt{i}"] = $"c{i}/net{i}";
        }

        var start = Stopwatch.GetTimestamp();
        Assert.Empty(link.DeleteHostEnds(attachments, 666));

        output.WriteLine($"delete 100 attachments: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms");
        Assert.Equal(["lo"], Names(node));
        Assert.Equal(["lo"], Names(pod));
    }

    [SkippableFact]
    public void An_announcement_teaches_the_other_end_the_pods_address()
    {
        ScratchNamespace.Require();
        using var node = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var host = RouteNetlink.OpenIn(node.Handle);
        var facts = new PodLink(host).Attach(Spec(pod));
        node.Exec("sysctl", "-q", "-w", "net.ipv4.conf.fabt1.arp_accept=1", "net.ipv6.conf.fabt1.accept_untracked_na=1",
            "net.ipv6.conf.fabt1.forwarding=1");
        Tool.Run("ip", "-n", node.Name, "address", "add", "10.1.0.1/24", "dev", "fabt1");
        Tool.Run("ip", "-n", node.Name, "address", "add", "fd00:1::1/64", "dev", "fabt1", "nodad");

        PodLink.Announce(pod.Handle, "eth0", [IPAddress.Parse("10.1.0.5"), IPAddress.Parse("fd00:1::5")]);

        // The frames cross a veth inside the send: the other end has handled them.
        bool Knows(string address, System.Net.Sockets.AddressFamily family) => SpinWait.SpinUntil(
            () => host.ListNeighbours(family, facts.HostIndex)
                .Any(n => n.Address.ToString() == address && PodMac.Equals(n.Mac)), 5000);
        Assert.True(Knows("10.1.0.5", System.Net.Sockets.AddressFamily.InterNetwork));
        Assert.True(Knows("fd00:1::5", System.Net.Sockets.AddressFamily.InterNetworkV6));
    }

    private static string[] Names(ScratchNamespace target) =>
        [.. Tool.IpJson(target, "link", "show").EnumerateArray().Select(l => l.GetProperty("ifname").GetString()!)];
}
