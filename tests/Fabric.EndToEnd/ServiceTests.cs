using System.Net.Sockets;
using Fabric.Lab;
using static Fabric.EndToEnd.ServiceLab;

namespace Fabric.EndToEnd;

public sealed class NftablesServiceTests(NftablesServiceLab lab) : ServiceTests(lab), IClassFixture<NftablesServiceLab>;

public sealed class IptablesNftServiceTests(IptablesNftServiceLab lab) : ServiceTests(lab), IClassFixture<IptablesNftServiceLab>
{
    private readonly IptablesNftServiceLab _lab = lab;

    /// <summary>As docs/operations.md says: an accept in Fabric's table does not undo another table's drop.</summary>
    [SkippableFact]
    public Task Where_forwarding_drops_by_default_the_gateway_must_be_allowed() => _lab.TestAsync(async () =>
    {
        Task<string?> AskAsync() => LabTraffic.AskAsync(_lab.Client.Namespace, ClusterIp(ServiceNumber.Local), 80);
        try
        {
            Iptables("-P", "FORWARD", "DROP");
            Assert.Null(await AskAsync());
            Iptables("-I", "FORWARD", "-i", EndToEndNode.Gateway, "-j", "ACCEPT");
            Iptables("-I", "FORWARD", "-o", EndToEndNode.Gateway, "-j", "ACCEPT");
            Assert.NotNull(await AskAsync());
        }
        finally
        {
            _lab.Program();
        }
    });

    private void Iptables(params string[] arguments) => _lab.First.Namespace.Run(["iptables-nft", .. arguments]);
}

public sealed class IptablesLegacyServiceTests(IptablesLegacyServiceLab lab) : ServiceTests(lab), IClassFixture<IptablesLegacyServiceLab>;

/// <summary>
/// Services by kube-proxy on the host, which work only if replies go back through the gateway: who is reached, and whom the server
/// sees, which is what kube-proxy would show it.
/// </summary>
public abstract partial class ServiceTests(ServiceLab lab)
{
    private const int Balanced = 40;

    [SkippableTheory]
    [InlineData("tcp", false)]
    [InlineData("udp", false)]
    [InlineData("tcp", true)]
    [InlineData("udp", true)]
    public Task Cluster_ip_of_a_pod_on_the_same_node(string protocol, bool v6) => lab.TestAsync(async () => Assert.Equal(
        $"local {Of(lab.Client, v6)}", await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.Local, v6))));

    [SkippableTheory]
    [InlineData("tcp", false)]
    [InlineData("udp", false)]
    [InlineData("tcp", true)]
    [InlineData("udp", true)]
    public Task Cluster_ip_of_a_pod_on_another_node(string protocol, bool v6) => lab.TestAsync(async () => Assert.Equal(
        $"remote {Of(lab.Client, v6)}", await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.Remote, v6))));

    [SkippableTheory]
    [InlineData("tcp", false)]
    [InlineData("udp", false)]
    [InlineData("tcp", true)]
    [InlineData("udp", true)]
    public Task Cluster_ip_of_the_client_itself(string protocol, bool v6) => lab.TestAsync(async () => Assert.Equal(
        $"client {(v6 ? lab.Client.AddressV6[..lab.Client.AddressV6.LastIndexOf(':')] + ":1" : lab.FirstGateway)}",
        await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.Self, v6))));

    [SkippableTheory]
    [InlineData("tcp", false)]
    [InlineData("udp", false)]
    [InlineData("tcp", true)]
    public Task Cluster_ip_of_two_pods_reaches_both_and_never_fails(string protocol, bool v6) => lab.TestAsync(async () =>
    {
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Balanced; i++)
        {
            var answer = await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.Both, v6)) ?? "none";
            answers[answer] = answers.GetValueOrDefault(answer) + 1;
        }
        Assert.Equal([$"local {Of(lab.Client, v6)}", $"remote {Of(lab.Client, v6)}"], answers.Keys);
    });

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Cluster_ip_of_a_host_network_pod(string protocol) => lab.TestAsync(async () =>
    {
        Assert.Equal($"{lab.First.Lab.Name} {lab.Client.Address}",
            await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.FirstHost)));
        // What leaves the cluster's pods for another node's address is masqueraded.
        Assert.Equal($"{lab.Second.Lab.Name} {lab.First.Lab.Address}",
            await AskAsync(lab.Client.Namespace, protocol, ClusterIp(ServiceNumber.SecondHost)));
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Cluster_ip_without_endpoints_refuses_at_once(bool v6) => lab.TestAsync(async () => Assert.Equal(
        SocketError.ConnectionRefused,
        await LabTraffic.ProvokeAsync(lab.Client.Namespace, ClusterIp(ServiceNumber.None, v6), 80)));

    [SkippableTheory]
    [InlineData("tcp", false)]
    [InlineData("udp", false)]
    [InlineData("tcp", true)]
    [InlineData("udp", true)]
    public Task Cluster_ip_from_the_node_to_its_own_and_to_a_remote_pod(string protocol, bool v6) => lab.TestAsync(async () =>
    {
        var identity = v6 ? lab.Client.AddressV6[..lab.Client.AddressV6.LastIndexOf(':')] + ":2" : lab.FirstIdentity;
        foreach (var (number, name) in ((ServiceNumber, string)[])[(ServiceNumber.Local, "local"), (ServiceNumber.Remote, "remote")])
            Assert.Equal($"{name} {identity}", await AskAsync(lab.First.Namespace, protocol, ClusterIp(number, v6)));
    });

    [SkippableTheory]
    [InlineData("tcp", NodePortLocalPod, "local")]
    [InlineData("udp", NodePortLocalPod, "local")]
    [InlineData("tcp", NodePortRemotePod, "remote")]
    [InlineData("udp", NodePortRemotePod, "remote")]
    public Task Node_port_from_outside_with_policy_cluster(string protocol, int port, string name) => lab.TestAsync(async () => Assert.Equal(
        $"{name} {lab.FirstGateway}", await AskAsync(lab.Underlay.Namespace, protocol, lab.First.Lab.Address.ToString(), port)));

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Node_port_from_outside_with_policy_local_shows_the_clients_address(string protocol) => lab.TestAsync(async () =>
    {
        Assert.Equal($"local {Outside}",
            await AskAsync(lab.Underlay.Namespace, protocol, lab.First.Lab.Address.ToString(), NodePortExternalLocal));
        Assert.Equal($"remote {Outside}",
            await AskAsync(lab.Underlay.Namespace, protocol, lab.Second.Lab.Address.ToString(), NodePortOfSecond));
    });

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Node_port_of_the_own_node_from_a_pod(string protocol) => lab.TestAsync(async () =>
    {
        Task<string?> Ask(int port) => AskAsync(lab.Client.Namespace, protocol, lab.First.Lab.Address.ToString(), port);
        Assert.Equal($"local {lab.FirstGateway}", await Ask(NodePortLocalPod));
        Assert.Equal($"remote {lab.FirstGateway}", await Ask(NodePortRemotePod));
        // Policy Local is about what comes from outside: pods reach every endpoint, under their own address.
        Assert.Equal($"local {lab.Client.Address}", await Ask(NodePortExternalLocal));
        Assert.Equal($"remote {lab.Client.Address}", await Ask(NodePortOfSecond));
    });

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Node_port_of_another_node_from_a_pod(string protocol) => lab.TestAsync(async () =>
    {
        Task<string?> Ask(int port) => AskAsync(lab.Client.Namespace, protocol, lab.Second.Lab.Address.ToString(), port);
        Assert.Equal($"local {lab.SecondGateway}", await Ask(NodePortLocalPod));
        Assert.Equal($"remote {lab.SecondGateway}", await Ask(NodePortRemotePod));
        // To the other node this pod is its node, since a node's address is outside of the pods' network.
        Assert.Equal($"remote {lab.First.Lab.Address}", await Ask(NodePortOfSecond));
    });

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Node_port_of_a_node_from_itself(string protocol) => lab.TestAsync(async () =>
    {
        Task<string?> Ask(int port) => AskAsync(lab.First.Namespace, protocol, lab.First.Lab.Address.ToString(), port);
        Assert.Equal($"local {lab.FirstIdentity}", await Ask(NodePortLocalPod));
        Assert.Equal($"remote {lab.FirstIdentity}", await Ask(NodePortRemotePod));
        Assert.Equal($"local {lab.FirstIdentity}", await Ask(NodePortExternalLocal));
        Assert.Equal($"remote {lab.FirstIdentity}", await Ask(NodePortOfSecond));
    });

    /// <summary>Probes of the kubelet are these, and so is what hostNetwork pods do.</summary>
    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Nodes_reach_the_pods_of_every_node_under_their_identity(string protocol) => lab.TestAsync(async () =>
    {
        foreach (var (pod, name) in ((Pod, string)[])[(lab.Local, "local"), (lab.Remote, "remote")])
            Assert.Equal($"{name} {lab.FirstIdentity}", await AskAsync(lab.First.Namespace, protocol, pod.Address, PodPort));
        Assert.Equal($"local {lab.SecondGateway[..^1]}2", await AskAsync(lab.Second.Namespace, protocol, lab.Local.Address, PodPort));
    });

    [SkippableFact]
    public Task Node_processes_bound_to_the_nodes_address_reach_the_pods_of_every_node() => lab.TestAsync(async () =>
    {
        foreach (var (pod, name) in ((Pod, string)[])[(lab.Local, "local"), (lab.Remote, "remote")])
        {
            Assert.Equal($"{name} {lab.FirstIdentity}", await LabTraffic.AskAsync(
                lab.First.Namespace, pod.Address, PodPort, lab.First.Lab.Address.ToString()));
        }
    });

    [SkippableFact]
    public Task A_probe_of_a_new_pod_is_answered_as_soon_as_its_server_listens() => lab.TestAsync(async () =>
    {
        using var pod = await lab.First.AddPodAsync(ipv6: true);
        using var server = LabTraffic.Serve(pod.Namespace, PodPort, "new");
        Assert.True(LabNode.Pings(lab.First.Namespace, System.Net.IPAddress.Parse(pod.Address)));
        Assert.Equal($"new {lab.FirstIdentity}", await LabTraffic.AskAsync(lab.First.Namespace, pod.Address, PodPort));
        Assert.StartsWith("new ", await LabTraffic.AskAsync(lab.First.Namespace, pod.AddressV6, PodPort), StringComparison.Ordinal);
    });

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public Task Pods_reach_their_own_node_under_their_address_and_another_as_their_node(string protocol) => lab.TestAsync(async () =>
    {
        Assert.Equal($"{lab.First.Lab.Name} {lab.Client.Address}",
            await AskAsync(lab.Client.Namespace, protocol, lab.First.Lab.Address.ToString(), NodeServerPort));
        Assert.Equal($"{lab.Second.Lab.Name} {lab.First.Lab.Address}",
            await AskAsync(lab.Client.Namespace, protocol, lab.Second.Lab.Address.ToString(), NodeServerPort));
    });

    [SkippableFact]
    public Task Pods_reach_another_node_at_its_identity_under_their_own_address() => lab.TestAsync(async () => Assert.Equal(
        $"{lab.Second.Lab.Name} {lab.Client.Address}",
        await LabTraffic.AskAsync(lab.Client.Namespace, lab.SecondGateway[..^1] + "2", NodeServerPort)));

    private static string Of(Pod pod, bool v6) => v6 ? pod.AddressV6 : pod.Address;

    private static Task<string?> AskAsync(LabNamespace from, string protocol, string address, int port = 80) => protocol == "tcp"
        ? LabTraffic.AskAsync(from, address, port)
        : LabTraffic.AskDatagramAsync(from, address, port);
}
