using Fabric.Cluster.Kubernetes;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>The Node's resources follow the bridges, whoever else writes the Node.</summary>
public sealed class BridgeMarkerTests
{
    private const string Ours = BridgeResources.DefaultPrefix + "/";

    [Fact]
    public void Bridges_are_added_and_removed_at_once() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name, ("cpu", "2"));
        node.SetBridges("br-fabric", "br1");
        await node.UntilAsync($"cpu=2 {Ours}br-fabric=1000 {Ours}br1=1000");
        node.SetBridges("br-fabric");
        await node.UntilAsync($"cpu=2 {Ours}br-fabric=1000");
        Assert.True(node.Time.Elapsed < TimeSpan.FromSeconds(1), $"{node.Time.Elapsed}");
        Assert.Contains($"Information: resources of node node-a: {Ours}br1 removed", node.Api.Lines);
    });

    [Fact]
    public void A_change_right_after_another_goes_from_what_was_written_and_not_from_what_was_seen() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        node.SetBridges("br1");
        await node.UntilAsync($"{Ours}br1=1000");
        node.SetBridges();
        await node.UntilAsync("");
    });

    [Fact]
    public void Nothing_is_written_before_the_bridges_are_known_and_nothing_that_is_there() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name, (Ours + "br1", "1k"));
        await Task.Delay(TimeSpan.FromMinutes(1), node.Time);
        node.SetBridges("br1");
        await Task.Delay(TimeSpan.FromMinutes(1), node.Time);
        await node.PatchAsync("""{"status":{"capacity":{"cpu":"4"}}}""");
        await Task.Delay(TimeSpan.FromMinutes(1), node.Time);
        // The test's own.
        Assert.Equal(2, node.Api.Writes);
    });

    [Fact]
    public void A_node_that_comes_later_is_marked_then() => MarkedNode.Run(async node =>
    {
        node.SetBridges("br1");
        await Task.Delay(TimeSpan.FromMinutes(1), node.Time);
        Assert.Equal(0, node.Api.Writes);
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        await node.UntilAsync($"{Ours}br1=1000");
    });

    [Theory]
    [InlineData("""{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br1":null}}}""")]
    [InlineData("""{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br1":"0"}}}""")]
    [InlineData("""{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br2":"5"}}}""")]
    [InlineData("""{"status":{"capacity":null}}""")]
    public void What_somebody_changes_is_put_right_at_once(string change) => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        node.SetBridges("br1");
        await node.UntilAsync($"{Ours}br1=1000");
        var before = node.Time.Elapsed;
        await node.PatchAsync(change);
        await node.UntilAsync($"{Ours}br1=1000");
        Assert.True(node.Time.Elapsed - before < TimeSpan.FromSeconds(1), $"{node.Time.Elapsed - before}");
    });

    [Fact]
    public void Against_somebody_who_does_not_stop_it_gets_slow_and_it_is_prompt_again_afterwards() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        node.SetBridges("br1");
        await node.UntilAsync($"{Ours}br1=1000");
        var marks = node.Api.Writes;
        for (var i = 0; i < 600; i++)
        {
            await node.PatchAsync("""{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br1":null}}}""");
            await Task.Delay(TimeSpan.FromSeconds(1), node.Time);
        }
        Assert.InRange(node.Api.Writes - marks - 600, 10, 25);
        // Others' bridges do not wait for that quarrel to end.
        var before = node.Time.Elapsed;
        node.SetBridges("br1", "br2");
        await node.UntilAsync($"{Ours}br1=1000 {Ours}br2=1000");
        Assert.True(node.Time.Elapsed - before < TimeSpan.FromSeconds(1), $"{node.Time.Elapsed - before}");
        await Task.Delay(TimeSpan.FromMinutes(6), node.Time);
        before = node.Time.Elapsed;
        await node.PatchAsync("""{"status":{"capacity":{"ovs-cni.network.kubevirt.io/br1":null}}}""");
        await node.UntilAsync($"{Ours}br1=1000 {Ours}br2=1000");
        Assert.True(node.Time.Elapsed - before < TimeSpan.FromSeconds(1), $"{node.Time.Elapsed - before}");
    });

    [Fact]
    public void A_failure_is_said_once_and_tried_again_until_it_succeeds() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        for (var i = 0; i < 5; i++)
            node.Api.Faults.Enqueue(ApiFault.Forbidden);
        node.SetBridges("br1");
        while (node.Api.Faults.Count > 0)
            await Task.Delay(TimeSpan.FromSeconds(1), node.Time);
        Assert.InRange(node.Time.Elapsed, TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(20));
        await node.UntilAsync($"{Ours}br1=1000");
        Assert.Single(node.Api.Lines, l => l.StartsWith("Warning", StringComparison.Ordinal));
    });

    [Fact]
    public void A_write_whose_answer_was_lost_is_not_taken_for_a_quarrel() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name);
        var lost = false;
        node.Api.Api.After = (request, _) => lost || request.Verb != "PATCH" ? Task.CompletedTask : throw Lost($"{request}");
        node.SetBridges("br1");
        await node.UntilAsync($"{Ours}br1=1000");
        await Task.Delay(TimeSpan.FromMinutes(5), node.Time);
        Assert.Equal(2, node.Api.Writes);

        KubernetesException Lost(string request)
        {
            lost = true;
            return new KubernetesException(request, ApiFault.Unreachable, "no answer", isSurelyUndone: false);
        }
    });

    [Fact]
    public void Prefix_and_capacity_can_be_chosen_and_others_stay() => MarkedNode.Run(async node =>
    {
        await node.Api.MakeNodeAsync(MarkedNode.Name, (Ours + "br1", "1k"), ("example.com/br0", "1"));
        node.SetBridges("br1", "no name for a resource");
        await node.UntilAsync($"example.com/br1=20 {Ours}br1=1000");
        Assert.Contains("Warning: bridge no name for a resource is no resource of this node: "
            + "Kubernetes has no resources of such a name; rename it if pods need it", node.Api.Lines);
        await BridgeMarker.RemoveAllAsync(node.Api.Api, new Messages.NodeName(MarkedNode.Name), new BridgeResources(), default);
        await node.UntilAsync("example.com/br1=20");
    }, new BridgeResources("example.com", 20));
}
