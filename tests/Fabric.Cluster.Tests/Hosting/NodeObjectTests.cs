using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>What becomes of members and pod CIDRs when Node objects come, change and go.</summary>
public sealed class NodeObjectTests
{
    private static readonly ClusterSettings Fabric = new("test", TimeSpan.FromSeconds(10), null, TimeSpan.FromMinutes(10), PodCidr.SourceFabric,
        [new(Cidr.Parse("10.244.0.0/16"), 24)], [new(VtepMesh.DefaultNetwork, new Vni(1), OverlayKind.Geneve, 6081)]);

    private static readonly ClusterSettings Kubernetes = Fabric with { PodCidrSource = PodCidr.SourceKubernetes };

    [Fact]
    public void A_node_whose_object_is_deleted_leaves_the_mesh_and_what_it_held_is_free() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Fabric, "", "", "");
        objects.Delete(nodes[2].Name);
        await Until(time, () => nodes[0].Mesh!.Joined.Count == 2 && nodes[0].PodCidrs!.Assigned.Count == 2);
        Assert.Single(nodes[0].PodCidrs!.Resting);
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void A_node_that_is_newer_than_what_the_holder_has_heard_of_is_not_taken_for_deleted() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Fabric, "", "");
        objects.IsHeard = false;
        objects.Put(new NodeName("node-0002"));
        var late = new TestNode(nodes[0].Store, time, 2, Fabric) { Objects = objects };
        (nodes, runs) = ([.. nodes, late], [.. runs, late.RunAsync()]);
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        await Task.Delay(TimeSpan.FromMinutes(1), time);
        Assert.Equal(3, nodes[0].Mesh!.Joined.Count);
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void While_the_api_does_not_answer_nobody_is_removed_and_others_still_join() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Fabric, "", "");
        objects.IsReachable = false;
        objects.Delete(nodes[1].Name);
        objects.Put(new NodeName("node-0002"));
        var late = new TestNode(nodes[0].Store, time, 2, Fabric) { Objects = objects };
        (nodes, runs) = ([.. nodes, late], [.. runs, late.RunAsync()]);
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        objects.IsReachable = true;
        await Until(time, () => nodes[0].Mesh!.Joined.Count == 2);
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void Nodes_have_the_pod_cidrs_of_their_objects_and_wait_for_them() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Kubernetes, "10.244.7.0/24", "10.244.3.0/24");
        objects.Put(new NodeName("node-0002"));
        var late = new TestNode(nodes[0].Store, time, 2, Kubernetes) { Objects = objects };
        (nodes, runs) = ([.. nodes, late], [.. runs, late.RunAsync()]);
        await Until(time, () => nodes.Any(n => n.Status?.Faults is [var fault] && fault.Contains("spec.podCIDRs of the Node object is empty")));
        Assert.Empty(late.PodCidrs!.CidrsOf("uid-2"));
        objects.Put(late.Name, "10.244.9.0/24");
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        Assert.Equal(["10.244.7.0/24", "10.244.3.0/24", "10.244.9.0/24"],
            nodes.Select((_, i) => late.PodCidrs!.CidrsOf($"uid-{i}").Single().ToString()));
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void A_pod_cidr_outside_the_cluster_cidr_is_refused_with_what_to_do() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Kubernetes, "10.244.1.0/24", "10.244.2.0/24");
        objects.Put(new NodeName("node-0002"), "10.99.0.0/24");
        var late = new TestNode(nodes[0].Store, time, 2, Kubernetes) { Objects = objects };
        (nodes, runs) = ([.. nodes, late], [.. runs, late.RunAsync()]);
        await Until(time, () => nodes.Any(n => n.Status?.Faults is [var fault] && fault.Contains("--cluster-cidr must be")));
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void A_cidr_that_a_deleted_node_had_goes_to_the_node_that_kubernetes_gives_it_to() => SimulatedLoop.Run(async time =>
    {
        var (objects, nodes, runs) = await StartAsync(time, Kubernetes, "10.244.1.0/24", "10.244.2.0/24");
        objects.Put(new NodeName("node-0002"), "10.244.2.0/24");
        var late = new TestNode(nodes[0].Store, time, 2, Kubernetes) { Objects = objects };
        (nodes, runs) = ([.. nodes, late], [.. runs, late.RunAsync()]);
        await Until(time, () => nodes.Any(n => n.Status?.Faults is [var fault] && fault.Contains("which node node-0001 still holds")));
        objects.Delete(nodes[1].Name);
        await Until(time, () => late.PodCidrs!.CidrsOf("uid-2").Length == 1 && nodes[0].Mesh!.Joined.Count == 2);
        await StopAsync(nodes, runs);
    });

    private static async Task<(NodeObjects, TestNode[], Task[])> StartAsync(SimulatedTime time, ClusterSettings settings, params string[] podCidrs)
    {
        var store = new MemoryClusterStore();
        var objects = new NodeObjects();
        var nodes = podCidrs.Select((_, i) => new TestNode(store, time, i, settings) { Objects = objects }).ToArray();
        for (var i = 0; i < nodes.Length; i++)
            objects.Put(nodes[i].Name, podCidrs[i].Split(',', StringSplitOptions.RemoveEmptyEntries));
        var runs = nodes.Select(n => n.RunAsync()).ToArray();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == nodes.Length));
        return (objects, nodes, runs);
    }

    private static async Task Until(SimulatedTime time, Func<bool> isTrue)
    {
        var deadline = time.Elapsed + TimeSpan.FromMinutes(2);
        while (!isTrue())
        {
            Assert.True(time.Elapsed < deadline, "it did not come true within two minutes");
            await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        }
    }

    private static async Task StopAsync(IEnumerable<TestNode> nodes, IEnumerable<Task> runs)
    {
        foreach (var node in nodes)
            await node.StopAsync();
        await Task.WhenAll(runs);
    }
}
