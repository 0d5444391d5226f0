using System.Text.Json.Nodes;
using Fabric.Lab;

namespace Fabric.EndToEnd;

public sealed class DualStackLab() : EndToEndLab(2, ("cluster-cidr", "10.244.0.0/16,fd00:10:244::/48"));

/// <summary>The host's own end of the network, as docs/architecture.md promises it, with the whole agent.</summary>
public sealed class NetworkingTests(DualStackLab lab) : IClassFixture<DualStackLab>
{
    [SkippableFact]
    public Task Node_identity_the_host_reaches_pods_under_its_second_address() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync(ipv6: true);
        using var remote = await lab.Second.AddPodAsync(ipv6: true);
        using var server = LabTraffic.Serve(pod.Namespace, 8080, "pod");
        using var remoteServer = LabTraffic.Serve(remote.Namespace, 8080, "remote");
        var identity = Identity(pod.Address);
        Assert.Equal($"pod {identity}", await AskAsync(lab.First.Namespace, pod.Address));
        // A hostNetwork process, or a probe, that has bound itself to the node's address.
        Assert.Equal($"pod {identity}",
            await LabTraffic.AskAsync(lab.First.Namespace, pod.Address, 8080, lab.First.Lab.Address.ToString()));
        Assert.Equal($"remote {identity}", await AskAsync(lab.First.Namespace, remote.Address));
        var blockV6 = pod.AddressV6[..pod.AddressV6.LastIndexOf(':')];
        Assert.Equal($"pod {blockV6}:2", await AskAsync(lab.First.Namespace, pod.AddressV6));
    });

    [SkippableFact]
    public Task Node_identity_gateway_and_identity_are_the_blocks_first_two_addresses() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        var addresses = lab.First.Namespace.Ip("-br", "address", "show", EndToEndNode.Gateway);
        Assert.Contains(Gateway(pod.Address) + "/32", addresses, StringComparison.Ordinal);
        Assert.Contains(Identity(pod.Address) + "/32", addresses, StringComparison.Ordinal);
        foreach (var destination in (string[])[pod.Address, "10.244.200.7"])
        {
            var route = JsonNode.Parse(lab.First.Namespace.Ip("-json", "route", "get", destination))![0]!;
            Assert.Equal(EndToEndNode.Gateway, route["dev"]!.GetValue<string>());
            Assert.Equal(Identity(pod.Address), route["prefsrc"]!.GetValue<string>());
        }
        Assert.True(pod.Pings(Gateway(pod.Address)));
    });

    [SkippableFact]
    public Task Gateway_device_keeps_mtu_and_mac_whatever_ports_come() => lab.TestAsync(async () =>
    {
        var node = lab.First;
        var before = Device(node);
        Assert.Equal(1450, before.Mtu);
        using var small = node.NewPod();
        (await (small.Call("ADD") with { Extra = """{"mtu":1280,"runtimeConfig":{"mac":"02:00:00:00:00:01"}}""" }).RunAsync())
            .MustSucceed();
        Assert.Equal(before, Device(node));
        (await small.DelAsync()).MustSucceed();
        Assert.Equal(before, Device(node));
    });

    [SkippableFact]
    public Task Gateway_device_has_the_kernel_settings_it_needs() => lab.TestAsync(() =>
    {
        Assert.Equal("1", Setting("ipv4/ip_forward"));
        Assert.Equal("1", Setting("ipv6/conf/all/forwarding"));
        Assert.Equal("0", Setting("ipv4/conf/all/rp_filter"));
        Assert.Equal("0", Setting($"ipv4/conf/{EndToEndNode.Gateway}/rp_filter"));
        Assert.Equal("0", Setting("ipv4/conf/all/send_redirects"));
        Assert.Equal("0", Setting($"ipv4/conf/{EndToEndNode.Gateway}/send_redirects"));
        return Task.CompletedTask;
    });

    [SkippableFact]
    public Task Unknown_addresses_of_the_cluster_drop_and_never_go_to_the_gateway() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync();
        var before = Received(lab.First);
        Assert.False(pod.Pings("10.244.77.9"));
        Assert.Equal(before, Received(lab.First));
    });

    [SkippableFact]
    public Task Arp_is_answered_with_the_virtual_mac_for_every_address_but_the_senders() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync(ipv6: true);
        using var other = await lab.First.AddPodAsync(ipv6: true);
        Assert.True(pod.Pings(other.Address));
        Assert.True(pod.Pings(other.AddressV6));
        foreach (var address in (string[])[other.Address, other.AddressV6])
        {
            var neighbour = JsonNode.Parse(pod.Namespace.Ip("-json", "neighbour", "show", address))![0]!;
            Assert.Equal("0a:fa:b0:00:00:01", neighbour["lladdr"]!.GetValue<string>());
        }
        // RFC 5227: a probe has no sender address; an answer would look like a conflict.
        var port = lab.First.Ovs.Vsctl("get", "Interface", pod.HostInterface, "ofport").Trim();
        var mac = pod.Added!.Json["interfaces"]![1]!["mac"]!.GetValue<string>();
        string Trace(string sender, string target) => lab.First.Ovs.Appctl("ofproto/trace", EndToEndNode.BridgeName,
            $"in_port={port},arp,dl_src={mac},dl_dst=ff:ff:ff:ff:ff:ff,arp_sha={mac},arp_spa={sender},arp_tpa={target},arp_op=1");
        Assert.Contains("Datapath actions: drop", Trace("0.0.0.0", pod.Address), StringComparison.Ordinal);
        Assert.Contains("Datapath actions: drop", Trace(pod.Address, pod.Address), StringComparison.Ordinal);
        Assert.DoesNotContain("Datapath actions: drop", Trace(pod.Address, other.Address), StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Nd_duplicate_detection_finds_no_false_conflict() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync(ipv6: true);
        pod.Namespace.Ip("address", "delete", pod.AddressV6 + "/64", "dev", "eth0");
        pod.Namespace.Ip("address", "add", pod.AddressV6 + "/64", "dev", "eth0");
        string Shown() => pod.Namespace.Ip("address", "show", "dev", "eth0", "to", pod.AddressV6);
        LabWait.Until(() => !Shown().Contains("tentative", StringComparison.Ordinal), "duplicate detection has ended");
        Assert.DoesNotContain("dadfailed", Shown(), StringComparison.Ordinal);
        Assert.Contains(pod.AddressV6, Shown(), StringComparison.Ordinal);
    });

    [SkippableFact]
    public Task Ipv6_is_usable_when_add_returns_on_both_nodes() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync(ipv6: true);
        using var remote = await lab.Second.AddPodAsync(ipv6: true);
        var shown = pod.Namespace.Ip("address", "show", "dev", "eth0", "to", pod.AddressV6);
        Assert.DoesNotContain("tentative", shown, StringComparison.Ordinal);
        LabWait.Until(() => pod.Pings(remote.Address), "the other node's pod answers");
        Assert.True(pod.Pings(remote.AddressV6));
        Assert.Equal("0", pod.Namespace.Run("cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra").Trim());
    });

    [SkippableFact]
    public Task Address_reuse_a_released_address_rests_and_its_connections_are_forgotten() => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using var server = await node.AddPodAsync();
        using var client = await node.AddPodAsync();
        using (LabTraffic.Serve(server.Namespace, 8080, "server"))
            Assert.NotNull(await AskAsync(client.Namespace, server.Address));
        Assert.Contains($"src={client.Address},", Connections(node), StringComparison.Ordinal);
        var address = client.Address;
        (await client.DelAsync()).MustSucceed();
        Assert.DoesNotContain($"={address},", Connections(node), StringComparison.Ordinal);
        await client.AddAsync();
        Assert.NotEqual(address, client.Address);
    });

    [SkippableFact]
    public Task Masquerade_only_what_leaves_the_cluster() => lab.TestAsync(async () =>
    {
        ServiceLab.MakeOutside(lab.Underlay);
        using var server = LabTraffic.Serve(lab.Underlay.Namespace, 8080, "internet");
        using var pod = await lab.First.AddPodAsync();
        using var remote = await lab.Second.AddPodAsync();
        using var inside = LabTraffic.Serve(remote.Namespace, 8080, "inside");
        Assert.Equal($"internet {lab.First.Lab.Address}", await AskAsync(pod.Namespace, ServiceLab.Outside));
        Assert.Equal($"inside {pod.Address}", await AskAsync(pod.Namespace, remote.Address));
    });

    private static string Gateway(string address) => address[..address.LastIndexOf('.')] + ".1";

    private static string Identity(string address) => address[..address.LastIndexOf('.')] + ".2";

    private static Task<string?> AskAsync(LabNamespace from, string address) => LabTraffic.AskAsync(from, address, 8080);

    private string Setting(string name) => lab.First.Namespace.Run("cat", "/proc/sys/net/" + name).Trim();

    private static (int Mtu, string Mac) Device(EndToEndNode node)
    {
        var link = JsonNode.Parse(node.Namespace.Ip("-json", "link", "show", EndToEndNode.Gateway))![0]!;
        return (link["mtu"]!.GetValue<int>(), link["address"]!.GetValue<string>());
    }

    private static long Received(EndToEndNode node) =>
        JsonNode.Parse(node.Namespace.Ip("-json", "-s", "link", "show", EndToEndNode.Gateway))![0]!["stats64"]!["rx"]!["packets"]!
            .GetValue<long>();

    private static string Connections(EndToEndNode node) => node.Ovs.Appctl("dpctl/dump-conntrack");
}
