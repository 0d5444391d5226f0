using Fabric.Lab;
using Fabric.Node.Pipeline;
using static Fabric.Node.Tests.Pipeline.Packets;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>
/// What a pod may send (docs/ovs-pipeline.md, Classifier and SpoofGuard), asked of a real Open vSwitch.
/// </summary>
public sealed class SpoofGuardTests(TraceFixture fixture) : IClassFixture<TraceFixture>
{
    [SkippableTheory]
    [InlineData("10.244.1.11", "10.244.1.12")]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:1::c")]
    public void A_pod_sends_with_its_own_MAC_and_addresses(string source, string destination) =>
        Assert.Equal(12, Trace($"{FromPod},{Tcp(source, destination)}").OutPort);

    [SkippableTheory]
    [InlineData("10.244.1.12", "10.244.2.11")]
    [InlineData("10.244.1.1", "10.244.1.12")]
    [InlineData("10.244.1.2", "10.244.2.11")]
    [InlineData("0.0.0.0", "10.244.1.12")]
    [InlineData("192.0.2.1", "10.244.1.12")]
    [InlineData("fd00:10:244:1::c", "fd00:10:244:2::b")]
    [InlineData(LinkLocal, "fd00:10:244:1::c")]
    [InlineData("fe80::1", "fd00:10:244:1::c")]
    public void A_pod_with_a_foreign_source_address_is_dropped(string source, string destination) =>
        Assert.Equal(PipelineTable.SpoofGuard, Trace($"{FromPod},{Tcp(source, destination)}").DroppedIn);

    [SkippableFact]
    public void A_pod_with_a_foreign_MAC_is_dropped() => Assert.Equal(PipelineTable.SpoofGuard, Trace(
        $"in_port=11,dl_src={SecondPodMac},dl_dst={VirtualRouter},{Tcp("10.244.1.11", "10.244.1.12")}").DroppedIn);

    [SkippableFact]
    public void Another_pods_MAC_and_address_together_are_dropped_too() => Assert.Equal(PipelineTable.SpoofGuard, Trace(
        $"in_port=11,dl_src={SecondPodMac},dl_dst={VirtualRouter},{Tcp("10.244.1.12", "10.244.2.11")}").DroppedIn);

    [SkippableFact]
    public void A_port_that_nobody_declared_is_no_pod() => Assert.Equal(PipelineTable.Classifier, Trace(
        $"in_port=99,dl_src={PodMac},dl_dst={VirtualRouter},{Tcp("10.244.1.11", "10.244.1.12")}").DroppedIn);

    [SkippableFact]
    public void The_bridges_own_port_is_no_source() => Assert.Equal(PipelineTable.Classifier, Trace(
        $"in_port=LOCAL,dl_src={PodMac},dl_dst={VirtualRouter},{Tcp("10.244.1.11", "10.244.1.12")}").DroppedIn);

    [SkippableTheory]
    [InlineData(FromPod)]
    [InlineData(FromHost)]
    public void A_tagged_frame_is_dropped(string from) => Assert.Equal(PipelineTable.Classifier,
        Trace($"{from},dl_vlan=5,{Tcp("10.244.1.11", "10.244.1.12")}").DroppedIn);

    [SkippableFact]
    public void A_frame_to_another_pods_MAC_is_dropped() => Assert.Equal(PipelineTable.ArpNdResponder, Trace(
        $"in_port=11,dl_src={PodMac},dl_dst={SecondPodMac},{Tcp("10.244.1.11", "10.244.1.12")}").DroppedIn);

    [SkippableTheory]
    [InlineData("ff:ff:ff:ff:ff:ff", "10.244.1.11", "255.255.255.255")]
    [InlineData("01:00:5e:00:00:fb", "10.244.1.11", "224.0.0.251")]
    [InlineData("33:33:00:00:00:fb", "fd00:10:244:1::b", "ff02::fb")]
    public void Broadcast_and_multicast_go_nowhere(string mac, string source, string destination) =>
        Assert.NotNull(Trace($"in_port=11,dl_src={PodMac},dl_dst={mac},{Tcp(source, destination)}").DroppedIn);

    [SkippableTheory]
    [InlineData(133)]
    [InlineData(134)]
    [InlineData(136)]
    [InlineData(137)]
    public void A_pod_sends_no_router_advertisement_and_no_other_neighbour_discovery(int type)
    {
        Assert.Equal(PipelineTable.SpoofGuard, Trace($"{FromPod},icmp6,ipv6_src=fd00:10:244:1::b," +
            $"ipv6_dst=fd00:10:244:1::c,nw_ttl=255,icmpv6_type={type},icmpv6_code=0").DroppedIn);
        Assert.Equal(PipelineTable.SpoofGuard, Trace($"in_port=11,dl_src={PodMac},dl_dst=33:33:00:00:00:01,icmp6," +
            $"ipv6_src={LinkLocal},ipv6_dst=ff02::1,nw_ttl=255,icmpv6_type={type},icmpv6_code=0").DroppedIn);
    }

    [SkippableFact]
    public void A_pods_DHCP_is_nothing_special() => Assert.Equal(PipelineTable.SpoofGuard, Trace(
        $"{FromPodToAll},udp,nw_src=0.0.0.0,nw_dst=255.255.255.255,udp_src=68,udp_dst=67").DroppedIn);

    [SkippableTheory]
    [InlineData("172.30.0.1")]
    [InlineData("172.30.0.2")]
    public void A_pod_sends_no_overlay_packet_to_a_VTEP(string vtep)
    {
        Assert.Equal(PipelineTable.SpoofGuard, Trace(
            $"{FromPod},udp,nw_src=10.244.1.11,nw_dst={vtep},nw_ttl=64,udp_src=5555,udp_dst=4789").DroppedIn);
        Assert.Equal(PipelineTable.SpoofGuard, Trace(
            $"{FromPod},ip,nw_src=10.244.1.11,nw_dst={vtep},nw_ttl=64,nw_proto=47").DroppedIn);
    }

    [SkippableFact]
    public void A_pod_may_send_anything_else_to_a_nodes_address() => Assert.Equal(2, Trace(
        $"{FromPod},udp,nw_src=10.244.1.11,nw_dst=172.30.0.2,nw_ttl=64,udp_src=5555,udp_dst=53").OutPort);

    private PipelineTrace Trace(string packet)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
        return fixture.Trace(packet);
    }
}
