using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Services by kube-proxy's nft rules on the host, which works only if replies go back through the gateway.</summary>
public sealed class ServiceTests(DualStackLab lab) : IClassFixture<DualStackLab>
{
    private const string ClusterIp = "10.96.0.10";

    private const int NodePort = 30080;

    [SkippableFact]
    public Task Cluster_ip_of_a_pod_on_the_same_node() => WithServiceAsync(lab.First, async (client, backend) =>
        Assert.Equal($"backend {client.Address}", await AskAsync(client.Namespace, ClusterIp, 80)));

    [SkippableFact]
    public Task Cluster_ip_of_a_pod_on_another_node() => WithServiceAsync(lab.Second, async (client, backend) =>
        Assert.Equal($"backend {client.Address}", await AskAsync(client.Namespace, ClusterIp, 80)));

    [SkippableFact]
    public Task Cluster_ip_of_the_client_itself() => WithServiceAsync(lab.First, async (client, backend) =>
        Assert.StartsWith("backend ", await AskAsync(backend.Namespace, ClusterIp, 80), StringComparison.Ordinal));

    [SkippableFact]
    public Task Cluster_ip_from_the_host_to_a_remote_pod() => WithServiceAsync(lab.Second, async (client, backend) =>
        Assert.StartsWith("backend ", await AskAsync(lab.First.Namespace, ClusterIp, 80), StringComparison.Ordinal));

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Node_port_with_both_traffic_policies(bool local) => WithServiceAsync(local ? lab.First : lab.Second, async (_, backend) =>
    {
        var answer = await AskAsync(lab.Underlay.Namespace, lab.First.Lab.Address.ToString(), NodePort);
        Assert.StartsWith("backend ", answer, StringComparison.Ordinal);
        if (local)
            Assert.Equal($"backend {ServiceLab.Outside}", answer);
    }, local);

    private Task WithServiceAsync(EndToEndNode backendNode, Func<Pod, Pod, Task> body, bool local = false) => lab.TestAsync(async () =>
    {
        ServiceLab.MakeOutside(lab.Underlay);
        using var client = await lab.First.AddPodAsync();
        using var backend = await backendNode.AddPodAsync();
        using var server = LabTraffic.Serve(backend.Namespace, 8080, "backend");
        LabWait.Until(() => client.Pings(backend.Address), "client and backend reach each other");
        // Service addresses leave the host by its default route, and the rules below turn them round.
        lab.First.Namespace.Ip("route", "replace", "default", "via", ServiceLab.Outside);
        lab.First.Namespace.Run(["nft", "-f", "-"], null, ServiceLab.Rules(
            lab.First.Lab.Address.ToString(), ClusterIp, NodePort, backend.Address, local));
        try
        {
            await body(client, backend);
        }
        finally
        {
            lab.First.Namespace.Run("nft", "delete", "table", "inet", "fab-t-proxy");
        }
    });

    private static Task<string?> AskAsync(LabNamespace from, string address, int port) => LabTraffic.AskAsync(from, address, port);
}
