using System.Diagnostics;
using System.Net;
using Fabric.Linux.Netlink;
using Fabric.Linux.Nftables;
using Xunit.Abstractions;
using NftContext = Fabric.Linux.Nftables.Nftables;

namespace Fabric.Linux.Tests;

public sealed class NftablesTests(ITestOutputHelper output)
{
    private static readonly NodeRulesetSpec Ruleset = new()
    {
        TableName = "fab-t",
        GatewayDevice = "fabt-gw",
        ClusterCidrs = [IPNetwork.Parse("10.128.0.0/9"), IPNetwork.Parse("fd00:10::/48")],
        NoMasqueradeCidrs = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.168.7.0/24")],
        HostIdentityV4 = IPAddress.Parse("10.128.1.2"),
        HostIdentityV6 = IPAddress.Parse("fd00:10:0:1::2"),
        OverlayUdpPort = 6081,
        Vteps = [IPAddress.Parse("172.18.0.3"), IPAddress.Parse("172.18.0.2"), IPAddress.Parse("fd00:18::2")],
    };

    [SkippableFact]
    public void A_refused_command_carries_nfts_text_and_changes_nothing()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var nft = NftContext.OpenIn(scratch.Handle);

        var error = Assert.Throws<NftablesException>(
            () => nft.Run("add table inet fab-t\nadd chain inet fab-other c"));

        output.WriteLine(error.Message);
        Assert.Contains("No such file or directory", error.Text, StringComparison.Ordinal);
        Assert.Equal("", scratch.Exec("nft", "list", "tables"));
        Assert.Equal("", nft.Run("list tables"));
    }

    [SkippableFact]
    public void Commands_act_in_their_namespace_and_list_as_text_and_json()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var other = new ScratchNamespace();
        using var nft = NftContext.OpenIn(scratch.Handle);

        nft.Check("add table inet fab-checked");
        nft.Run("add table inet fab-t");

        Assert.Equal("table inet fab-t\n", scratch.Exec("nft", "list", "tables"));
        Assert.Equal("table inet fab-t\n", nft.Run("list tables"));
        Assert.Contains("\"name\": \"fab-t\"", nft.RunJson("list tables"), StringComparison.Ordinal);
        Assert.Equal("", other.Exec("nft", "list", "tables"));
    }

    [SkippableFact]
    public void The_node_ruleset_loads_and_applying_it_twice_gives_the_same()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var nft = NftContext.OpenIn(scratch.Handle);
        var text = NodeRuleset.Render(Ruleset);
        output.WriteLine(text);

        nft.Check(text);
        nft.Run(text);
        var first = scratch.Exec("nft", "list", "ruleset");
        nft.Run(text);

        output.WriteLine(first);
        Assert.Equal(first, scratch.Exec("nft", "list", "ruleset"));
        Assert.Contains("oifname != \"fabt-gw\" ip saddr @cluster4 ip daddr != @direct4 masquerade", first,
            StringComparison.Ordinal);
        Assert.Contains("snat ip to 10.128.1.2", first, StringComparison.Ordinal);
        Assert.Contains("snat ip6 to fd00:10:0:1::2", first, StringComparison.Ordinal);
        Assert.Contains("ip daddr @vteps4 udp dport 6081 drop", first, StringComparison.Ordinal);
        nft.Run(NodeRuleset.RenderVteps("fab-t", [IPAddress.Parse("172.18.0.9")]));
        var moved = scratch.Exec("nft", "list", "ruleset");
        Assert.Contains("elements = { 172.18.0.9 }", moved, StringComparison.Ordinal);
        Assert.DoesNotContain("172.18.0.3", moved, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_node_ruleset_of_a_gre_overlay_with_one_family_loads()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var nft = NftContext.OpenIn(scratch.Handle);

        nft.Run(NodeRuleset.Render(Ruleset with { OverlayUdpPort = null, HostIdentityV6 = null, Vteps = [] }));

        Assert.Contains("meta l4proto gre drop", nft.Run("list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_node_ruleset_depends_on_nothing_but_its_inputs_and_refuses_what_would_change_its_meaning()
    {
        var shuffled = Ruleset with
        {
            Vteps = [.. Ruleset.Vteps.Reverse()],
            ClusterCidrs = [.. Ruleset.ClusterCidrs.Reverse()],
        };

        Assert.Equal(NodeRuleset.Render(Ruleset), NodeRuleset.Render(shuffled));
        Assert.Throws<ArgumentException>(() => NodeRuleset.Render(Ruleset with { GatewayDevice = "gw\" accept #" }));
        Assert.Throws<ArgumentException>(() => NodeRuleset.Render(Ruleset with { GatewayDevice = "gw*" }));
        Assert.Throws<ArgumentException>(() => NodeRuleset.Render(Ruleset with { TableName = "a; flush ruleset" }));
        Assert.Throws<ArgumentException>(
            () => NodeRuleset.Render(Ruleset with { HostIdentityV4 = IPAddress.Parse("fd00::1") }));
    }

    [SkippableFact]
    public void An_ingress_drop_silences_the_kernel_and_is_listed_and_removed()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        Connect(scratch, pod);
        using var drop = IngressDrop.OpenIn(scratch.Handle, "fab-t");
        Assert.Equal(0, Ping(pod));

        drop.Add("fabt0");
        drop.Add("fabt0");

        Assert.NotEqual(0, Ping(pod));
        Assert.Equal([new IngressDropChain("drop-fabt0", "fabt0")], drop.List());
        var listed = scratch.Exec("nft", "list", "ruleset");
        Assert.Contains("type filter hook ingress device \"fabt0\" priority filter; policy drop;", listed,
            StringComparison.Ordinal);
        Assert.True(drop.Remove("fabt0"));
        Assert.False(drop.Remove("fabt0"));
        Assert.Equal(0, Ping(pod));
    }

    [SkippableFact]
    public void A_device_that_comes_again_under_the_same_name_is_silenced_again()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        Connect(scratch, pod);
        using var drop = IngressDrop.OpenIn(scratch.Handle, "fab-t");
        drop.Add("fabt0");
        Tool.Run("ip", "-n", scratch.Name, "link", "del", "fabt0");
        Connect(scratch, pod);

        drop.Add("fabt0");

        Assert.NotEqual(0, Ping(pod));
        Tool.Run("ip", "-n", scratch.Name, "link", "del", "fabt0");
        output.WriteLine($"after the device is gone: {string.Join(", ", drop.List())}");
        drop.Remove("fabt0");
        Assert.Empty(drop.List());
    }

    [SkippableFact]
    public void An_ingress_drop_on_a_missing_device_is_refused_or_waits_for_the_device()
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var pod = new ScratchNamespace();
        using var drop = IngressDrop.OpenIn(scratch.Handle, "fab-t");
        var error = Record.Exception(() => drop.Add("fabt0"));
        if (error is not null)
        {
            var refused = Assert.IsType<NetlinkException>(error);
            Assert.Contains("fabt0", refused.Operation, StringComparison.Ordinal);
            Assert.True(refused.IsNotFound);
            return;
        }
        Connect(scratch, pod);
        Assert.NotEqual(0, Ping(pod));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(250)]
    public void An_ingress_drop_is_measured_by_libnftables_and_by_nfnetlink(int existing)
    {
        Require();
        using var scratch = new ScratchNamespace();
        using var nft = NftContext.OpenIn(scratch.Handle);
        using var drop = IngressDrop.OpenIn(scratch.Handle, "fab-t");
        using var links = Route.RouteNetlink.OpenIn(scratch.Handle);
        for (var i = 0; i <= existing; i += 2)
            links.CreateVeth(new Route.VethPair { Name = $"fabt{i}", PeerName = $"fabt{i + 1}" });
        for (var i = 1; i <= existing; i++)
            drop.Add($"fabt{i}");
        var library = Median(() => nft.Run(
            "add table netdev fab-t; add chain netdev fab-t drop-fabt0 "
            + "{ type filter hook ingress device \"fabt0\" priority 0; policy drop; }"),
            () => Assert.True(drop.Remove("fabt0")));
        var direct = Median(() => drop.Add("fabt0"), () => Assert.True(drop.Remove("fabt0")));
        drop.Add("fabt0");
        var removal = Median(() => drop.Remove("fabt0"), () => drop.Add("fabt0"));
        output.WriteLine(
            $"{existing} chains: libnftables {library:F0} us, nfnetlink {direct:F0} us, remove {removal:F0} us");
    }

    private static double Median(Action measured, Action between)
    {
        var times = new double[51];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            measured();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            between();
        }
        Array.Sort(times);
        return times[times.Length / 2];
    }

    private static void Require()
    {
        ScratchNamespace.Require();
        Skip.IfNot(Tool.Exists("nft"), "needs nft");
    }

    private static void Connect(ScratchNamespace one, ScratchNamespace two)
    {
        Tool.Run("ip", "-n", one.Name, "link", "add", "fabt0", "type", "veth",
            "peer", "name", "eth0", "netns", two.Name);
        foreach (var (name, device, address) in ((string, string, string)[])
            [(one.Name, "fabt0", "10.9.0.1/24"), (two.Name, "eth0", "10.9.0.2/24")])
        {
            Tool.Run("ip", "-n", name, "address", "add", address, "dev", device);
            Tool.Run("ip", "-n", name, "link", "set", device, "up");
        }
    }

    private static int Ping(ScratchNamespace from) =>
        Tool.TryRun("ip", "netns", "exec", from.Name, "ping", "-c", "1", "-W", "1", "10.9.0.1").Exit;
}
