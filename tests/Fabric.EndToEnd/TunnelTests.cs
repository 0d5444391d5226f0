using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Two nodes with dual-stack pods, for each encapsulation and each family of the underlay.</summary>
public sealed class TunnelTests
{
    /// <summary>VXLAN over IPv4 is what all other tests run on.</summary>
    [SkippableTheory]
    [InlineData("vxlan", false, 1450)]
    [InlineData("vxlan", true, 1430)]
    [InlineData("geneve", false, 1450)]
    [InlineData("geneve", true, 1430)]
    [InlineData("gre", false, 1458)]
    [InlineData("gre", true, 1438)]
    public async Task Both_families_cross_the_tunnel_from_the_first_packet_on_and_up_to_the_mtu(
        string overlay, bool ipv6Underlay, int mtuBytes)
    {
        var lab = new OverlayLab(overlay) { HasIpv6Underlay = ipv6Underlay };
        try
        {
            await lab.InitializeAsync();
            await lab.TestAsync(() => CrossAsync(lab, mtuBytes));
        }
        finally
        {
            await lab.DisposeAsync();
        }
    }

    private static async Task CrossAsync(OverlayLab lab, int mtuBytes)
    {
        await LabWait.UntilAsync(() => MeshIsCompleteAsync(lab), "each node has a tunnel to the other");
        using var here = await lab.First.AddPodAsync(ipv6: true);
        using var there = await lab.Second.AddPodAsync(ipv6: true);
        Assert.True(here.Pings(there.Address), $"the first packet from {here.Address} to {there.Address} passes");
        Assert.True(there.Pings(here.AddressV6), $"{there.AddressV6} reaches {here.AddressV6}");

        using var server = LabTraffic.Serve(there.Namespace, 8080, "there");
        Assert.Equal($"there {here.Address}", await LabTraffic.AskAsync(here.Namespace, there.Address, 8080));
        Assert.Equal($"there {here.AddressV6}", await LabTraffic.AskAsync(here.Namespace, there.AddressV6, 8080));

        Assert.Equal(mtuBytes, here.Added!.Json["interfaces"]![1]!["mtu"]!.GetValue<int>());
        var link = JsonNode.Parse(here.Namespace.Ip("-json", "link", "show", "dev", "eth0"))![0]!;
        Assert.Equal(mtuBytes, link["mtu"]!.GetValue<int>());
        foreach (var address in (string[])[there.Address, there.AddressV6])
        {
            Assert.True(here.PingsWhole(address, mtuBytes), string.Create(
                CultureInfo.InvariantCulture, $"a packet of {mtuBytes} bytes reaches {address} whole"));
        }
    }

    private static async Task<bool> MeshIsCompleteAsync(OverlayLab lab)
    {
        foreach (var node in lab.Nodes)
        {
            if ((await node.StateAsync()).Tunnels.Count != 1 || !node.Flows().Any(ComesFromPeer))
                return false;
        }
        return true;
    }

    private static bool ComesFromPeer(string flow) =>
        flow.Contains("tun_src=", StringComparison.Ordinal) || flow.Contains("tun_ipv6_src=", StringComparison.Ordinal);

    private sealed class OverlayLab(string overlay)
        : EndToEndLab(2, ("cluster-cidr", "10.244.0.0/16,fd00:10:244::/48"), ("overlay", overlay));
}
