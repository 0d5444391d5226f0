using System.Net.Sockets;
using Fabric.Lab;
using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>Real traffic through the pipeline and the host beside it: journeys of docs/ovs-pipeline.md.</summary>
public sealed class PipelineTrafficTests(PipelineLab lab) : IClassFixture<PipelineLab>
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pods_reach_each_other_on_one_node_and_across_nodes(bool v6)
    {
        NeedsLab();
        var (here, there) = (lab.Pod1A.Namespace, lab.Pod2A.Namespace);

        Assert.Equal($"1B {lab.Pod1A.Address(v6)}", await LabTraffic.AskAsync(here, lab.Pod1B.Address(v6), 8080));
        Assert.Equal($"2A {lab.Pod1A.Address(v6)}", await LabTraffic.AskAsync(here, lab.Pod2A.Address(v6), 8080));
        Assert.Equal($"1A {lab.Pod2A.Address(v6)}", await LabTraffic.AskAsync(there, lab.Pod1A.Address(v6), 8080));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_host_reaches_local_and_remote_pods_under_its_identity(bool v6)
    {
        NeedsLab();
        var identity = lab.Node1.Identity(v6);

        Assert.Equal($"1A {identity}", await LabTraffic.AskAsync(lab.Node1.Namespace, lab.Pod1A.Address(v6), 8080));
        Assert.Equal($"2A {identity}", await LabTraffic.AskAsync(lab.Node1.Namespace, lab.Pod2A.Address(v6), 8080));
    }

    [SkippableTheory]
    [InlineData(false, "172.30.0.1")]
    [InlineData(true, "fd00:30::1")]
    [InlineData(false, "10.244.1.1")]
    public async Task Another_local_source_of_the_host_becomes_its_identity(bool v6, string source)
    {
        NeedsLab();
        Assert.Equal($"1A {lab.Node1.Identity(v6)}",
            await LabTraffic.AskAsync(lab.Node1.Namespace, lab.Pod1A.Address(v6), 8080, source));
    }

    [SkippableTheory]
    [InlineData("10.244.1.1", "host1 10.244.1.11")]
    [InlineData("10.244.1.2", "host1 10.244.1.11")]
    [InlineData("172.30.0.1", "host1 10.244.1.11")]
    [InlineData("10.244.2.2", "host2 10.244.1.11")]
    [InlineData("fd00:10:244:2::1", "host2 fd00:10:244:1::b")]
    [InlineData("172.30.0.2", "host2 172.30.0.1")]
    public async Task A_pod_reaches_hosts_and_is_masqueraded_only_outside_of_the_cluster(string address, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Pod1A.Namespace, address, 9090));
    }

    [SkippableTheory]
    [InlineData(PipelineLab.Internet4, "outside 172.30.0.1")]
    [InlineData(PipelineLab.Internet6, "outside fd00:30::1")]
    public async Task A_pod_reaches_the_outside_under_its_nodes_address(string address, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Pod1A.Namespace, address, 8080));
    }

    [SkippableTheory]
    [InlineData("10.96.0.2", "1B 10.244.1.11")]
    [InlineData("fd00:10:96::2", "1B fd00:10:244:1::b")]
    public async Task ClusterIP_to_a_same_node_pod(string service, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Pod1A.Namespace, service, 80));
    }

    [SkippableTheory]
    [InlineData("10.96.0.3", "2A 10.244.1.11")]
    [InlineData("fd00:10:96::3", "2A fd00:10:244:1::b")]
    public async Task ClusterIP_to_a_remote_pod(string service, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Pod1A.Namespace, service, 80));
    }

    [SkippableTheory]
    [InlineData("10.96.0.1", "1A 10.244.1.1")]
    [InlineData("fd00:10:96::1", "1A fd00:10:244:1::1")]
    public async Task ClusterIP_to_the_client_itself(string service, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Pod1A.Namespace, service, 80));
    }

    [SkippableTheory]
    [InlineData("10.96.0.1", "1A 10.244.1.2")]
    [InlineData("10.96.0.3", "2A 10.244.1.2")]
    [InlineData("fd00:10:96::3", "2A fd00:10:244:1::2")]
    public async Task Host_to_ClusterIP_to_a_local_and_a_remote_pod(string service, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Node1.Namespace, service, 80));
    }

    [SkippableTheory]
    [InlineData(30001, "1A 10.244.1.1")]
    [InlineData(30003, "2A 10.244.1.1")]
    [InlineData(30011, "1A 172.30.0.254")]
    public async Task NodePort_with_both_traffic_policies(int port, string answer)
    {
        NeedsLab();
        Assert.Equal(answer, await LabTraffic.AskAsync(lab.Outside, lab.Node1.Address, port));
    }

    [SkippableFact]
    public async Task Without_the_mark_ClusterIP_reaches_neither_a_same_node_nor_a_remote_pod()
    {
        NeedsLab();
        await lab.WithoutAsync(flow => flow.Table == (byte)PipelineTable.ConntrackState && flow.Priority == 200
            && flow.Actions.Count > 0, async () =>
            {
                Assert.Null(await LabTraffic.AskAsync(lab.Pod1A.Namespace, "10.96.0.2", 80));
                Assert.Null(await LabTraffic.AskAsync(lab.Pod1A.Namespace, "10.96.0.3", 80));
            });
        Assert.NotNull(await LabTraffic.AskAsync(lab.Pod1A.Namespace, "10.96.0.2", 80));
    }

    [SkippableTheory]
    [InlineData("10.244.1.12", 4)]
    [InlineData("10.244.2.11", 4)]
    [InlineData("fd00:10:244:2::b", 4)]
    [InlineData("10.96.0.12", 53)]
    [InlineData("10.96.0.13", 53)]
    public async Task An_ICMP_error_finds_its_connection_directly_and_through_a_service(string address, int port)
    {
        NeedsLab();
        Assert.Equal(SocketError.ConnectionRefused, await LabTraffic.ProvokeAsync(lab.Pod1A.Namespace, address, port));
    }

    [SkippableFact]
    public async Task The_first_packets_of_a_new_pod_are_not_lost()
    {
        NeedsLab();
        var pod = await lab.Node1.AddPodAsync(21);
        try
        {
            Assert.True(LabNode.Pings(pod.Namespace, lab.Pod2A.Endpoint.Addresses[0].ToNet()));
            Assert.True(LabNode.Pings(pod.Namespace, lab.Pod2A.Endpoint.Addresses[1].ToNet()));
            Assert.True(LabNode.Pings(lab.Node2.Namespace, pod.Endpoint.Addresses[0].ToNet()));
        }
        finally
        {
            await pod.RemoveAsync();
        }
    }

    [SkippableFact]
    public async Task A_datagram_larger_than_the_MTU_crosses_the_tunnel_in_fragments()
    {
        NeedsLab();
        using var inbox = new DatagramInbox(lab.Pod2A.Namespace, 7001);
        var text = new string('x', 4000);

        LabTraffic.Send(lab.Pod1A.Namespace, System.Text.Encoding.ASCII.GetBytes(text), lab.Pod2A.V4, 7001);

        Assert.Empty(await inbox.ReadUntilAsync(text));
    }

    private static void NeedsLab() => Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
}
