using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

/// <summary>Paths to peers that are watched by BFD: seen, lost and healed.</summary>
public sealed class BfdTests
{
    [SkippableTheory]
    [InlineData("vxlan", false)]
    [InlineData("vxlan", true)]
    [InlineData("geneve", false)]
    [InlineData("gre", false)]
    public async Task A_path_comes_up_is_lost_with_the_underlay_and_heals(string overlay, bool ipv6Underlay)
    {
        var lab = new BfdLab(overlay) { HasIpv6Underlay = ipv6Underlay };
        try
        {
            await lab.InitializeAsync();
            await lab.TestAsync(() => WatchAsync(lab));
        }
        finally
        {
            await lab.DisposeAsync();
        }
    }

    private static async Task WatchAsync(BfdLab lab)
    {
        await PathIsAsync(lab, "up", "BFD comes up on both ends");
        using var here = await lab.First.AddPodAsync();
        using var there = await lab.Second.AddPodAsync();
        Assert.True(here.Pings(there.Address), "pods' packets go as ever");

        lab.Underlay.SetConnected(lab.Second.Lab, connected: false);
        try
        {
            await PathIsAsync(lab, "down", "the cut is seen by both");
        }
        finally
        {
            lab.Underlay.SetConnected(lab.Second.Lab, connected: true);
        }
        await PathIsAsync(lab, "up", "the way heals by itself");
        LabWait.Until(() => here.Pings(there.Address), "pods reach each other again");
        foreach (var node in lab.Nodes)
        {
            await node.WaitForEventAsync<NodeEvent.PeerPathChanged>(
                e => e is { State: "down", Diagnostic: "Control Detection Time Expired" }, "the loss is recorded");
            await node.WaitForEventAsync<NodeEvent.PeerPathChanged>(e => e.State == "up", "that it is up again is recorded");
        }
    }

    private static Task PathIsAsync(BfdLab lab, string state, string why) => LabWait.UntilAsync(async () =>
    {
        foreach (var node in lab.Nodes)
        {
            if ((await NodeAdmin.MeshAsync(node)).Peers.SingleOrDefault()?.Bfd != state)
                return false;
        }
        return true;
    }, why, TimeSpan.FromSeconds(30));

    private sealed class BfdLab(string overlay)
        : EndToEndLab(2, ("cluster-cidr", "10.244.0.0/16"), ("overlay", overlay), ("bfd", "on"));
}
