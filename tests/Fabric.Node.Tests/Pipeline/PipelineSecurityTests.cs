using System.Text;
using Fabric.Lab;
using Fabric.Node.Pipeline;

namespace Fabric.Node.Tests.Pipeline;

/// <summary>What must not arrive, each beside the packet that differs in one thing and does arrive.</summary>
public sealed class PipelineSecurityTests(PipelineLab lab) : IClassFixture<PipelineLab>
{
    private const int Inner = 7777;

    [SkippableFact]
    public async Task A_pod_can_not_forge_overlay_packets_to_a_peer()
    {
        NeedsLab();
        using var target = new DatagramInbox(lab.Pod2A.Namespace, Inner);
        using var host = new DatagramInbox(lab.Node2.Namespace, 7000);

        ForgeFromPod("172.30.0.2");
        Assert.Empty(await ArrivedAsync(target, host));
    }

    [SkippableFact]
    public async Task A_pod_can_not_forge_them_through_a_service_either()
    {
        NeedsLab();
        using var target = new DatagramInbox(lab.Pod2A.Namespace, Inner);
        using var host = new DatagramInbox(lab.Node2.Namespace, 7000);

        ForgeFromPod("10.96.0.20");
        Assert.Empty(await ArrivedAsync(target, host));
    }

    [SkippableFact]
    public async Task Either_guard_alone_stops_forged_overlay_packets_and_without_both_they_arrive()
    {
        NeedsLab();
        using var target = new DatagramInbox(lab.Pod2A.Namespace, Inner);
        using var host = new DatagramInbox(lab.Node2.Namespace, 7000);

        await lab.WithoutAsync(flow => flow.Table == (byte)PipelineTable.SpoofGuard && flow.Priority == 400, async () =>
        {
            ForgeFromPod("172.30.0.2");
            Assert.Empty(await ArrivedAsync(target, host));
            lab.SetNodeRules(guarded: false);
            try
            {
                ForgeFromPod("172.30.0.2");
                Assert.Equal(["forged"], await ArrivedAsync(target, host));
            }
            finally
            {
                lab.SetNodeRules();
            }
        });
    }

    [SkippableTheory]
    [InlineData(7000, "10.244.2.99", true)]
    [InlineData(7001, "10.244.2.99", false)]
    [InlineData(7000, "10.244.1.12", false)]
    [InlineData(7000, "10.244.3.11", false)]
    [InlineData(7000, "192.0.2.1", false)]
    public async Task A_member_is_heard_only_in_its_network_and_from_its_own_block(int vni, string source, bool heard)
    {
        NeedsLab();
        using var target = new DatagramInbox(lab.Pod1A.Namespace, Inner);

        Tunnel(lab.Node2.Namespace, vni, source);
        Tunnel(lab.Node2.Namespace, 7000, "10.244.2.98", "last");

        Assert.Equal(heard ? ["forged"] : [], await target.ReadUntilAsync("last"));
    }

    [SkippableFact]
    public async Task An_unknown_VTEP_is_not_heard()
    {
        NeedsLab();
        using var target = new DatagramInbox(lab.Pod1A.Namespace, Inner);
        using var host = new DatagramInbox(lab.Node1.Namespace, 7000);

        Tunnel(lab.Outside, 7000, "10.244.2.99");
        LabTraffic.Send(lab.Outside, "passed"u8.ToArray(), lab.Node1.Address, 7000);
        await host.ReadUntilAsync("passed");
        LabTraffic.Send(lab.Pod1B.Namespace, "last"u8.ToArray(), lab.Pod1A.V4, Inner);

        Assert.Empty(await target.ReadUntilAsync("last"));
    }

    [SkippableFact]
    public async Task A_new_pod_inherits_no_connection_of_its_address_and_the_flush_harms_nobody_else()
    {
        NeedsLab();
        var pod = await lab.Node1.AddPodAsync(31);
        await LabTraffic.AskAsync(pod.Namespace, lab.Pod2A.V4, 8080);
        await LabTraffic.AskAsync(pod.Namespace, lab.Pod2A.V6, 8080);
        await LabTraffic.ProvokeAsync(lab.Pod2A.Namespace, pod.V6, 4);
        await LabTraffic.ProvokeAsync(lab.Node1.Namespace, pod.V4, 4);
        Assert.True(LabNode.Pings(pod.Namespace, lab.Pod2A.Endpoint.Addresses[0].ToNet()));
        // The ICMPv6 connection that an unrestricted flush would abort the daemon on.
        Assert.True(LabNode.Pings(pod.Namespace, lab.Pod2A.Endpoint.Addresses[1].ToNet()));
        Assert.NotNull(await LabTraffic.AskAsync(lab.Pod1A.Namespace, lab.Pod1B.V4, 8080));
        var vswitchd = lab.Node1.Ovs.VswitchdPid;
        Assert.NotEmpty(Connections(pod));
        var others = Connections(lab.Pod1A);

        await pod.RemoveAsync();

        Assert.All(Connections(pod), left => Assert.StartsWith("icmpv6", left, StringComparison.Ordinal));
        Assert.NotEmpty(others);
        Assert.Subset(Connections(lab.Pod1A).ToHashSet(), others.ToHashSet());
        Assert.Equal(vswitchd, lab.Node1.Ovs.VswitchdPid);
        var next = await lab.Node1.AddPodAsync(31);
        Assert.Equal($"2A {next.V4}", await LabTraffic.AskAsync(next.Namespace, lab.Pod2A.V4, 8080));
        await next.RemoveAsync();
    }

    /// <summary>The tuples of the pod's connections in node 1's zone; their states change by themselves.</summary>
    private List<string> Connections(PipelinePod pod) =>
    [
        .. lab.Node1.Ovs.Appctl("dpctl/dump-conntrack", "zone=4011")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => pod.Endpoint.Addresses.Any(a => line.Contains($"={a},", StringComparison.Ordinal)))
            .Select(line => line[..line.IndexOf(",zone=", StringComparison.Ordinal)]),
    ];

    private void ForgeFromPod(string vtep) => LabTraffic.Send(lab.Pod1A.Namespace,
        ForgedPackets.Vxlan(7000, "10.244.1.12", lab.Pod2A.V4, Inner, "forged"), vtep, 4789);

    private void Tunnel(LabNamespace from, int vni, string source, string text = "forged") => LabTraffic.Send(
        from, ForgedPackets.Vxlan(vni, source, lab.Pod1A.V4, Inner, text), lab.Node1.Address, 4789);

    /// <summary>
    /// What pod 2A got. A datagram that takes the forged one's way through both hosts, and then one that takes the
    /// tunnel, are waited for, so that the forged one has arrived if it ever will.
    /// </summary>
    private async Task<IReadOnlyList<string>> ArrivedAsync(DatagramInbox target, DatagramInbox host)
    {
        LabTraffic.Send(lab.Pod1A.Namespace, "passed"u8.ToArray(), lab.Node2.Address, 7000);
        await host.ReadUntilAsync("passed");
        LabTraffic.Send(lab.Pod1A.Namespace, Encoding.ASCII.GetBytes("last"), lab.Pod2A.V4, Inner);
        return await target.ReadUntilAsync("last");
    }

    private static void NeedsLab() => Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing);
}
