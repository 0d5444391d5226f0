using Fabric.Lab;
using Fabric.Node.Pipeline;
using static Fabric.Node.Tests.Pipeline.Packets;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// Ways through the pipeline, and what connection tracking does to them, asked of a real Open vSwitch.
/// </summary>
public sealed class ForwardTests(TraceFixture fixture) : IClassFixture<TraceFixture>
{
    private const string New = "trk,new";
    private const string Reply = "trk,est,rpl";

    [SkippableTheory]
    [InlineData("10.244.1.11", "10.244.1.12")]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:1::c")]
    public void A_local_pod_is_reached_by_one_routed_hop(string source, string destination)
    {
        var trace = Trace($"{FromPod},{Tcp(source, destination)}", New);

        Assert.Equal(12, trace.OutPort);
        Assert.Equal(VirtualRouter, trace.Final["dl_src"]);
        Assert.Equal(SecondPodMac, trace.Final["dl_dst"]);
        Assert.Equal("63", trace.Final["nw_ttl"]);
    }

    [SkippableTheory]
    [InlineData("10.244.1.11", "10.244.2.11")]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:2::b")]
    public void A_remote_pod_is_reached_by_its_nodes_VTEP_and_the_networks_VNI(string source, string destination)
    {
        var trace = Trace($"{FromPod},{Tcp(source, destination)}", New);

        Assert.Equal(1, trace.OutPort);
        Assert.Contains("set_field:172.30.0.2->tun_dst", trace.Text, StringComparison.Ordinal);
        Assert.Contains("set_field:0x1b58->tun_id", trace.Text, StringComparison.Ordinal);
        Assert.Equal("63", trace.Final["nw_ttl"]);
    }

    [SkippableTheory]
    [InlineData("10.244.1.11", "198.51.100.1")]
    [InlineData("10.244.1.11", "10.96.0.1")]
    [InlineData("10.244.1.11", "10.244.1.1")]
    [InlineData("10.244.1.11", "10.244.1.2")]
    [InlineData("fd00:10:244:1::b", "2001:db8::1")]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:1::1")]
    public void Outside_addresses_and_the_gateways_own_go_to_the_host_without_taking_its_hop(
        string source, string destination)
    {
        var trace = Trace($"{FromPod},{Tcp(source, destination)}", New);

        Assert.Equal(2, trace.OutPort);
        Assert.Equal(GatewayMac, trace.Final["dl_dst"]);
        Assert.Equal("64", trace.Final["nw_ttl"]);
    }

    [SkippableTheory]
    [InlineData(FromPod, "10.244.1.11", "10.244.1.99")]
    [InlineData(FromPod, "10.244.1.11", "10.244.200.9")]
    [InlineData(FromPod, "fd00:10:244:1::b", "fd00:10:244:9::9")]
    [InlineData(FromHost, "10.244.1.2", "10.244.200.9")]
    public void Unknown_addresses_of_the_cluster_drop_and_never_go_to_the_host(
        string from, string source, string destination) =>
        Assert.Equal(PipelineTable.Forward, Trace($"{from},{Tcp(source, destination)}", New).DroppedIn);

    [SkippableFact]
    public void What_the_host_sends_outside_does_not_come_back_to_it() =>
        Assert.Equal(PipelineTable.Forward, Trace($"{FromHost},{Tcp("10.244.1.2", "198.51.100.1")}", New).DroppedIn);

    [SkippableTheory]
    [InlineData("10.244.1.2", "0x12")]
    [InlineData("fd00:10:244:1::2", "0x12")]
    [InlineData("10.244.1.1", "0x2")]
    [InlineData("10.244.1.11", "0x2")]
    [InlineData("203.0.113.9", "0x2")]
    public void Only_the_host_identity_coming_by_the_gateway_is_the_node_itself(string source, string register)
    {
        var destination = source.Contains(':', StringComparison.Ordinal) ? "fd00:10:244:1::c" : "10.244.1.12";
        var trace = Trace($"{FromHost},{Tcp(source, destination)}", New);

        Assert.Equal(12, trace.OutPort);
        Assert.Equal(register, trace.Final["reg0"]);
    }

    [SkippableFact]
    public void A_peers_packet_under_the_host_identity_is_not_the_node_itself() =>
        Assert.Equal(PipelineTable.Classifier,
            Trace($"{FromPeer()},{Tcp("10.244.1.2", "10.244.1.11")}", New).DroppedIn);

    [SkippableTheory]
    [InlineData("10.244.2.11", "10.244.1.11", 11)]
    [InlineData("10.244.2.2", "10.244.1.11", 11)]
    [InlineData("10.244.2.11", "10.244.1.2", 2)]
    [InlineData("fd00:10:244:2::b", "fd00:10:244:1::b", 11)]
    public void A_member_of_the_mesh_reaches_pods_and_the_host(string source, string destination, int port) =>
        Assert.Equal(port, Trace($"{FromPeer()},{Tcp(source, destination)}", New).OutPort);

    [SkippableTheory]
    [InlineData("172.30.0.9", 7000, "10.244.2.11")]
    [InlineData("172.30.0.2", 7001, "10.244.2.11")]
    [InlineData("172.30.0.2", 7000, "10.244.1.12")]
    [InlineData("172.30.0.2", 7000, "10.244.3.11")]
    [InlineData("172.30.0.2", 7000, "192.0.2.1")]
    [InlineData("172.30.0.2", 7000, "fd00:10:244:3::b")]
    public void Unknown_VTEPs_other_networks_and_forged_inner_sources_are_dropped(string vtep, int vni, string source)
    {
        var destination = source.Contains(':', StringComparison.Ordinal) ? "fd00:10:244:1::b" : "10.244.1.11";

        Assert.Equal(PipelineTable.Classifier,
            Trace($"{FromPeer(vtep, vni)},{Tcp(source, destination)}", New).DroppedIn);
    }

    [SkippableFact]
    public void A_tunnel_packet_to_another_address_of_this_node_is_dropped() => Assert.Equal(PipelineTable.Classifier,
        Trace($"{FromPeer(to: "172.30.0.77")},{Tcp("10.244.2.11", "10.244.1.11")}", New).DroppedIn);

    [SkippableTheory]
    [InlineData("198.51.100.1")]
    [InlineData("10.244.2.12")]
    [InlineData("10.244.3.11")]
    [InlineData("10.244.1.99")]
    public void A_peer_gets_no_further_than_this_node(string destination) => Assert.Equal(PipelineTable.Forward,
        Trace($"{FromPeer()},{Tcp("10.244.2.11", destination)}", New).DroppedIn);

    [SkippableTheory]
    [InlineData(FromPod, "10.244.1.11", "10.244.1.12")]
    [InlineData(FromPod, "fd00:10:244:1::b", "fd00:10:244:1::c")]
    [InlineData(null, "10.244.2.11", "10.244.1.11")]
    public void A_reply_of_a_connection_from_the_gateway_returns_there_before_Forward(
        string? from, string source, string destination)
    {
        var trace = Trace($"{from ?? FromPeer()},{Tcp(source, destination)},ct_mark=1", Reply);

        Assert.Equal(2, trace.OutPort);
        Assert.Equal(GatewayMac, trace.Final["dl_dst"]);
        Assert.DoesNotContain(PipelineTable.Forward, trace.Path.Select(step => step.Table));
    }

    [SkippableFact]
    public void An_error_about_a_reply_returns_to_the_gateway_too() => Assert.Equal(2, Trace(
        $"{FromPod},icmp,nw_src=10.244.1.11,nw_dst=10.244.1.12,icmp_type=3,icmp_code=3,ct_mark=1",
        "trk,rel,rpl").OutPort);

    [SkippableFact]
    public void The_original_direction_of_such_a_connection_is_forwarded() => Assert.Equal(12,
        Trace($"{FromHost},{Tcp("10.244.1.11", "10.244.1.12")},ct_mark=1", "trk,est").OutPort);

    [SkippableFact]
    public void A_reply_of_another_connection_is_forwarded() => Assert.Equal(12,
        Trace($"{FromPod},{Tcp("10.244.1.11", "10.244.1.12")}", Reply).OutPort);

    [SkippableFact]
    public void Invalid_packets_are_dropped() => Assert.Equal(PipelineTable.ConntrackState,
        Trace($"{FromPod},{Tcp("10.244.1.11", "10.244.1.12")}", "trk,inv").DroppedIn);

    [SkippableFact]
    public void New_connections_are_committed_in_the_networks_zone_and_only_the_hosts_are_marked()
    {
        var host = Trace($"{FromHost},{Tcp("10.244.1.11", "10.244.1.12")}", New).Text;
        var pod = Trace($"{FromPod},{Tcp("10.244.1.11", "10.244.1.12")}", New).Text;
        var peer = Trace($"{FromPeer()},{Tcp("10.244.2.11", "10.244.1.12")}", New).Text;

        Assert.Contains("ct(commit,zone=4011,mark=0x1/0x1)", host, StringComparison.Ordinal);
        Assert.Contains("ct(commit,zone=4011,mark=0/0x1)", pod, StringComparison.Ordinal);
        Assert.Contains("ct(commit,zone=4011,mark=0/0x1)", peer, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Established_connections_are_not_committed_again() => Assert.DoesNotContain("commit",
        Trace($"{FromPod},{Tcp("10.244.1.11", "10.244.1.12")}", "trk,est").Text, StringComparison.Ordinal);

    [SkippableFact]
    public void An_unmarked_connection_whose_packets_come_from_the_host_is_marked() => Assert.Contains(
        "ct(commit,zone=4011,mark=0x1/0x1)",
        Trace($"{FromHost},{Tcp("10.244.1.11", "10.244.1.12")}", "trk,est").Text, StringComparison.Ordinal);

    [SkippableFact]
    public void A_reply_by_the_host_of_a_pods_connection_leaves_it_unmarked() => Assert.DoesNotContain("commit",
        Trace($"{FromHost},{Tcp("10.96.0.1", "10.244.1.12")}", "trk,est,rpl").Text, StringComparison.Ordinal);

    [SkippableFact]
    public void A_packet_at_the_end_of_its_TTL_is_dropped() => Assert.Null(Trace(
        $"{FromPod},tcp,nw_src=10.244.1.11,nw_dst=10.244.1.12,nw_ttl=1,tcp_src=1,tcp_dst=2", New).OutPort);

    private PipelineTrace Trace(string packet, string connection)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
        return fixture.Trace(packet, connection);
    }
}
