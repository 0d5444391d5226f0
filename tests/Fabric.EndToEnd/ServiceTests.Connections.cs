using System.Text.Json.Nodes;
using Fabric.Lab;
using static Fabric.EndToEnd.ServiceLab;

namespace Fabric.EndToEnd;

// Connections that have the addresses and ports of an earlier one, whose replies went elsewhere.
public abstract partial class ServiceTests
{
    // Below the ports that the kernel gives to others (ip_local_port_range).
    private const int SourcePort = 20_000;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_same_ports_first_through_a_service_and_then_directly(bool v6) => lab.TestAsync(async () =>
    {
        foreach (var (pod, number, name) in Servers)
        {
            Assert.StartsWith(name, await AskFromAsync(lab.Client, ClusterIp(number, v6), 80, SourcePort), StringComparison.Ordinal);
            Assert.StartsWith(name, await AskFromAsync(lab.Client, Of(pod, v6), PodPort, SourcePort), StringComparison.Ordinal);
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_same_ports_first_directly_and_then_through_a_service(bool v6) => lab.TestAsync(async () =>
    {
        foreach (var (pod, number, name) in Servers)
        {
            Assert.StartsWith(name, await AskFromAsync(lab.Client, Of(pod, v6), PodPort, SourcePort + 1), StringComparison.Ordinal);
            Assert.StartsWith(name, await AskFromAsync(lab.Client, ClusterIp(number, v6), 80, SourcePort + 1), StringComparison.Ordinal);
        }
    });

    [SkippableFact]
    public Task A_new_pod_with_a_former_endpoints_address_inherits_none_of_its_connections() => lab.TestAsync(async () =>
    {
        using var former = await lab.First.AddPodAsync();
        var address = former.Address;
        lab.Program([.. ((string[])["tcp", "udp"]).Select(protocol => new KubeProxyService("default/test:main",
            ClusterIp(ServiceNumber.OfTheTest), 80, new KubeProxyEndpoint(address, PodPort, lab.First.Lab.Name)) { Protocol = protocol })]);
        Pod[] clients = [lab.Client, lab.Remote];
        using (LabTraffic.ServeDatagrams(former.Namespace, System.Net.IPAddress.IPv6Any, PodPort, "former"))
        using (LabTraffic.Serve(former.Namespace, PodPort, "former"))
        {
            foreach (var client in clients)
            {
                Assert.Equal($"former {client.Address}", await AskFromAsync(client, ClusterIp(ServiceNumber.OfTheTest), 80, SourcePort + 2));
                Assert.Equal($"former {client.Address}", await LabTraffic.AskAsync(client.Namespace, ClusterIp(ServiceNumber.OfTheTest), 80));
            }
        }
        Assert.Contains($"={address},", Connections, StringComparison.Ordinal);
        (await former.DelAsync()).MustSucceed();
        lab.Program();
        Assert.DoesNotContain($"={address},", Connections, StringComparison.Ordinal);

        using var successor = new Pod(lab.First, LabNamespace.Create("pod"), "c5ccce550")
        {
            Extra = new JsonObject { ["runtimeConfig"] = new JsonObject { ["ips"] = new JsonArray(address) } }.ToJsonString(),
        };
        await successor.AddAsync();
        Assert.Equal(address, successor.Address);
        using var datagrams = LabTraffic.ServeDatagrams(successor.Namespace, System.Net.IPAddress.IPv6Any, PodPort, "successor");
        using var server = LabTraffic.Serve(successor.Namespace, PodPort, "successor");
        foreach (var client in clients)
        {
            Assert.Equal($"successor {client.Address}", await AskFromAsync(client, address, PodPort, SourcePort + 2));
            Assert.Equal($"successor {client.Address}", await LabTraffic.AskAsync(client.Namespace, address, PodPort));
        }
    });

    private (Pod Pod, ServiceNumber Number, string Name)[] Servers =>
        [(lab.Local, ServiceNumber.Local, "local "), (lab.Remote, ServiceNumber.Remote, "remote ")];

    /// <summary>What the first node's Open vSwitch tracks.</summary>
    private string Connections => lab.First.Ovs.Appctl("dpctl/dump-conntrack");

    private static Task<string?> AskFromAsync(Pod from, string address, int port, int sourcePort) =>
        LabTraffic.AskDatagramAsync(from.Namespace, address, port, sourcePort);
}
