using Fabric.Lab;
using Fabric.Node.Pipeline;
using static Fabric.Node.Tests.Pipeline.Packets;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>One virtual MAC answers for every address of the network, asked of a real Open vSwitch.</summary>
public sealed class ArpNdResponderTests(TraceFixture fixture) : IClassFixture<TraceFixture>
{
    [SkippableTheory]
    [InlineData("10.244.1.1")]
    [InlineData("10.244.1.12")]
    [InlineData("10.244.2.11")]
    [InlineData("10.244.200.200")]
    public void An_ARP_request_is_answered_with_the_virtual_MAC(string target)
    {
        var trace = Trace($"{FromPodToAll},{ArpRequest("10.244.1.11", target)}");

        Assert.True(trace.IsAnswered, trace.Text);
        Assert.Equal("2", trace.Final["arp_op"]);
        Assert.Equal(target, trace.Final["arp_spa"]);
        Assert.Equal(VirtualRouter, trace.Final["arp_sha"]);
        Assert.Equal("10.244.1.11", trace.Final["arp_tpa"]);
        Assert.Equal(PodMac, trace.Final["arp_tha"]);
        Assert.Equal(PodMac, trace.Final["dl_dst"]);
        Assert.Equal(VirtualRouter, trace.Final["dl_src"]);
    }

    [SkippableTheory]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:1::1")]
    [InlineData("fd00:10:244:1::b", "fd00:10:244:7::7")]
    [InlineData(LinkLocal, "fd00:10:244:1::1")]
    public void A_neighbour_solicitation_is_answered_with_the_virtual_MAC(string source, string target)
    {
        var trace = Trace($"{FromPodToAll},{Solicitation(source, target)}");

        Assert.True(trace.IsAnswered, trace.Text);
        Assert.Equal("136", trace.Final["icmp_type"]);
        Assert.Equal(target, trace.Final["ipv6_src"]);
        Assert.Equal(source, trace.Final["ipv6_dst"]);
        Assert.Equal(target, trace.Final["nd_target"]);
        Assert.Equal(VirtualRouter, trace.Final["nd_tll"]);
        Assert.Contains("nd_reserved=0xe0000000,nd_options_type=2", trace.Text, StringComparison.Ordinal);
        Assert.Equal(PodMac, trace.Final["dl_dst"]);
    }

    [SkippableTheory]
    [InlineData("10.244.1.12", PodMac)]
    [InlineData("10.244.1.1", PodMac)]
    [InlineData("10.244.1.11", SecondPodMac)]
    public void A_forged_ARP_sender_is_dropped(string sender, string mac) => Assert.Equal(PipelineTable.SpoofGuard,
        Trace($"{FromPodToAll},{ArpRequest(sender, "10.244.1.1", mac)}").DroppedIn);

    [SkippableTheory]
    [InlineData("fd00:10:244:1::c", PodMac)]
    [InlineData("fe80::1", PodMac)]
    [InlineData("fd00:10:244:1::b", SecondPodMac)]
    public void A_forged_neighbour_solicitation_is_dropped(string source, string option) =>
        Assert.Equal(PipelineTable.SpoofGuard,
            Trace($"{FromPodToAll},{Solicitation(source, "fd00:10:244:1::1", option)}").DroppedIn);

    [SkippableFact]
    public void An_ARP_reply_is_dropped() => Assert.Equal(PipelineTable.SpoofGuard, Trace(
        $"{FromPodToAll},arp,arp_op=2,arp_spa=10.244.1.11,arp_sha={PodMac},arp_tpa=10.244.1.12").DroppedIn);

    [SkippableFact]
    public void Nobody_is_answered_about_its_own_address()
    {
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromPodToAll},{ArpRequest("10.244.1.11", "10.244.1.11")}").DroppedIn);
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromPodToAll},{Solicitation("fd00:10:244:1::b", "fd00:10:244:1::b")}").DroppedIn);
        foreach (var own in new[] { "10.244.1.1", "10.244.1.2" })
        {
            Assert.Equal(PipelineTable.ArpNdResponder,
                Trace($"{FromHost},{ArpRequest("10.244.1.1", own, GatewayMac)}").DroppedIn);
        }

        foreach (var own in new[] { "fd00:10:244:1::1", "fd00:10:244:1::2" })
        {
            Assert.Equal(PipelineTable.ArpNdResponder,
                Trace($"{FromHost},{Solicitation("fd00:10:244:1::1", own, GatewayMac)}").DroppedIn);
        }
    }

    [SkippableFact]
    public void Duplicate_address_detection_finds_no_conflict()
    {
        // A pod's probe does not pass SpoofGuard; the host's is what ArpNdResponder must not answer.
        Assert.NotNull(Trace($"{FromPodToAll},{ArpRequest("0.0.0.0", "10.244.1.11")}").DroppedIn);
        Assert.NotNull(Trace($"{FromPodToAll},{Solicitation("::", "fd00:10:244:1::b")}").DroppedIn);
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromHost},{ArpRequest("0.0.0.0", "10.244.1.12", GatewayMac)}").DroppedIn);
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromHost},{Solicitation("::", "fd00:10:244:1::c", GatewayMac)}").DroppedIn);
    }

    [SkippableFact]
    public void The_host_is_answered_whatever_sender_address_its_kernel_chose() => Assert.True(
        Trace($"{FromHost},{ArpRequest("172.30.0.1", "10.244.1.12", GatewayMac)}").IsAnswered);

    [SkippableFact]
    public void Addresses_outside_of_the_network_are_not_answered()
    {
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromPodToAll},{ArpRequest("10.244.1.11", "192.0.2.7")}").DroppedIn);
        Assert.Equal(PipelineTable.ArpNdResponder,
            Trace($"{FromPodToAll},{Solicitation("fd00:10:244:1::b", "fe80::1")}").DroppedIn);
    }

    [SkippableFact]
    public void A_peer_sends_no_ARP() => Assert.Equal(PipelineTable.Classifier,
        Trace($"{FromPeer()},{ArpRequest("10.244.2.11", "10.244.1.11")}").DroppedIn);

    private PipelineTrace Trace(string packet)
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
        return fixture.Trace(packet);
    }
}
