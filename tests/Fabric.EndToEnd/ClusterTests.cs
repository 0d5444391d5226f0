using Fabric.Cluster;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class ClusterLab() : EndToEndLab(3);

public sealed class ClusterTests(ClusterLab lab) : IClassFixture<ClusterLab>
{
    [SkippableFact]
    public Task Three_nodes_have_complete_meshes_and_the_first_packet_passes() => lab.TestAsync(async () =>
    {
        await MeshIsCompleteAsync(lab.Nodes);
        var pods = await Task.WhenAll(lab.Nodes.Select(n => n.AddPodAsync()));
        try
        {
            Assert.Equal(3, pods.Select(p => p.Address.Split('.')[2]).Distinct().Count());
            foreach (var from in pods)
            {
                foreach (var to in pods.Where(p => p != from))
                    Assert.True(from.Pings(to.Address), $"the first packet from {from.Address} to {to.Address} passes");
            }
            // Nobody floods: a pod's packets to a node that they are not for never get there.
            foreach (var (node, pod) in lab.Nodes.Zip(pods))
                await Leaks.MustBeExactlyAsync(node, pod);
        }
        finally
        {
            foreach (var pod in pods)
                pod.Dispose();
        }
    });

    [SkippableFact]
    public Task A_node_that_joins_later_is_reached_by_all_and_reaches_all() => lab.TestAsync(async () =>
    {
        using var old = await lab.First.AddPodAsync();
        using var late = lab.NewNode();
        await late.StartAsync();
        await MeshIsCompleteAsync([.. lab.Nodes, late]);
        using var pod = await late.AddPodAsync();
        Assert.True(pod.Pings(old.Address), "the first packet from the new node passes");
        Assert.True(old.Pings(pod.Address));
    });

    [SkippableFact]
    public Task An_unreachable_agent_tears_down_no_forwarding() => lab.TestAsync(async () =>
    {
        using var here = await lab.First.AddPodAsync();
        using var there = await lab.Third.AddPodAsync();
        LabWait.Until(() => here.Pings(there.Address), "the pods answer");
        lab.Third.Agent!.Kill();
        try
        {
            await LabWait.UntilAsync(
                () => IsUnreachableAsync(lab.Third), "the node counts as unreachable", TimeSpan.FromSeconds(40));
            Assert.True(here.Pings(there.Address));
            Assert.Contains(new NodeName(lab.Third.Lab.Name), (await lab.First.StateAsync()).Tunnels.Keys);
        }
        finally
        {
            await lab.Third.StartAsync();
        }
    });

    [SkippableFact]
    public Task A_node_cut_off_from_the_underlay_is_reached_again_when_it_heals() => lab.TestAsync(async () =>
    {
        using var here = await lab.First.AddPodAsync();
        using var neighbour = await lab.Third.AddPodAsync();
        using var there = await lab.Third.AddPodAsync();
        LabWait.Until(() => here.Pings(there.Address), "the pods answer");
        var flows = lab.First.Flows();
        lab.Underlay.SetConnected(lab.Third.Lab, connected: false);
        try
        {
            LabWait.Until(() => !here.Pings(there.Address), "the cut is felt");
            Assert.True(neighbour.Pings(there.Address), "pods of the node that is cut off reach each other");
            using var late = await lab.Third.AddPodAsync();
            Assert.True(neighbour.Pings(late.Address), "a pod attached meanwhile is reached on its node");
            Assert.Equal(flows, lab.First.Flows());
        }
        finally
        {
            lab.Underlay.SetConnected(lab.Third.Lab, connected: true);
        }
        LabWait.Until(() => here.Pings(there.Address), "the way heals by itself");
    });

    private static async Task<bool> IsUnreachableAsync(EndToEndNode node)
    {
        await using var store = ClusterStoreUri.Parse(node.Options["cluster-store"]).Open("default", TimeProvider.System);
        MembershipEvent? last = null;
        await foreach (var envelope in store.ReadAsync(Membership.Id("default"), 1, CancellationToken.None))
        {
            if (ClusterEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e)
                && e is MembershipEvent of && of.Node.Value == node.Lab.Name)
                last = of;
        }
        return last is MembershipEvent.MemberUnreachable;
    }

    private static Task MeshIsCompleteAsync(IReadOnlyList<EndToEndNode> nodes) => LabWait.UntilAsync(
        async () =>
        {
            foreach (var node in nodes)
            {
                var state = await node.StateAsync();
                var programmed = node.Flows().Count(f => f.Contains("tun_src=", StringComparison.Ordinal));
                if (nodes.Any(n => n != node && !state.Tunnels.ContainsKey(new NodeName(n.Lab.Name))) || programmed < nodes.Count - 1)
                    return false;
            }
            return true;
        }, "every node has a tunnel to every other", TimeSpan.FromSeconds(30));
}
