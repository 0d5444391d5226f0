using Fabric.Actors;
using Fabric.Messages;
using Xunit.Abstractions;

namespace Fabric.Cluster.Tests;

public sealed class ClusterTests(ITestOutputHelper output)
{
    private static readonly ClusterSettings Settings = new("test", TimeSpan.FromSeconds(10), null, TimeSpan.FromMinutes(10), PodCidr.SourceFabric,
        [new(Cidr.Parse("10.244.0.0/16"), 26), new(Cidr.Parse("fd00:10::/48"), 64)],
        [new(VtepMesh.DefaultNetwork, new Vni(1), OverlayKind.Geneve, 6081)]);

    [Fact]
    public void Nodes_that_start_together_get_distinct_cidrs_and_complete_meshes() => SimulatedLoop.Run(async time =>
    {
        var store = new MemoryClusterStore();
        var nodes = Enumerable.Range(0, 3).Select(i => new TestNode(store, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        Assert.Single(nodes, n => n.IsHolder);
        foreach (var node in nodes)
        {
            var cidrs = node.Mesh!.Joined.Values.SelectMany(v => v.PodCidrs).ToList();
            Assert.Equal(6, cidrs.Distinct().Count());
            Assert.Equal(3, cidrs.Count(c => c.IsV6));
        }
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void A_singleton_that_is_killed_is_replaced_within_twice_the_lease_duration() => SimulatedLoop.Run(async time =>
    {
        var shared = new MemoryClusterStore();
        var stores = Enumerable.Range(0, 3).Select(_ => new Deadly(shared)).ToList();
        var nodes = stores.Select((s, i) => new TestNode(s, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        var killed = nodes.FindIndex(n => n.IsHolder);
        stores[killed].Kill();
        var at = time.Elapsed;
        await Until(time, () => nodes.Where((_, i) => i != killed).Any(n => n.IsHolder));
        Assert.True(time.Elapsed - at <= 2 * Settings.LeaseDuration, $"took {time.Elapsed - at}");
        var members = Members(shared, time);
        await Until(time, async () =>
            (await members.ReadAsync(default)).State.Members[nodes[killed].Name].State == MemberState.Unreachable);
        output.WriteLine($"another holder after {(time.Elapsed - at).TotalSeconds:0.0} s");
        Assert.Equal(2, (await members.ReadAsync(default)).State.Up.Count());
        Assert.All(nodes.Where((_, i) => i != killed), n => Assert.Equal(3, n.Mesh!.Joined.Count));
        await StopAsync(nodes.Where((_, i) => i != killed), runs.Where((_, i) => i != killed));
    });

    [Fact]
    public void A_singleton_that_stops_in_good_order_is_replaced_at_once() => SimulatedLoop.Run(async time =>
    {
        var store = new MemoryClusterStore();
        var nodes = Enumerable.Range(0, 3).Select(i => new TestNode(store, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        var stopped = nodes.FindIndex(n => n.IsHolder);
        var at = time.Elapsed;
        await nodes[stopped].StopAsync();
        await runs[stopped];
        await Until(time, () => nodes.Any(n => n.IsHolder));
        Assert.True(time.Elapsed - at < TimeSpan.FromSeconds(1), $"took {time.Elapsed - at}");
        Assert.IsType<NodeLeaseEnd.Stopped>(nodes[stopped].LeaseEnd);
        await StopAsync(nodes.Where((_, i) => i != stopped), runs.Where((_, i) => i != stopped));
    });

    [Fact]
    public void What_an_operator_asks_by_way_of_any_node_is_carried_on_by_the_holder() => SimulatedLoop.Run(async time =>
    {
        var shared = new MemoryClusterStore();
        var stores = Enumerable.Range(0, 3).Select(_ => new Deadly(shared)).ToList();
        var nodes = stores.Select((s, i) => new TestNode(s, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        var dead = nodes.FindIndex(n => !n.IsHolder);
        stores[dead].Kill();
        var members = Members(shared, time);
        await Until(time, async () => (await members.ReadAsync(default)).State.Members[nodes[dead].Name].State == MemberState.Unreachable);
        Assert.Equal(3, nodes.First(n => n.IsHolder).Mesh!.Joined.Count);
        var before = time.Elapsed;
        // Half of it only, as if the agent that was asked had died then.
        var operation = new ClusterEntityRunner<Membership.State>(new Membership(), Membership.Id("test"), shared, StreamRules.Default,
            new ClusterWriter(nodes[0].Name, "uid-of-an-agent", 77, time));
        Assert.IsType<AskResult.Replied>(await operation.AskAsync(
            new Membership.Command.Remove(nodes[dead].Name, null, IsForced: false, "test"), CorrelationId.None, default));
        await Until(time, () => nodes.Where((_, i) => i != dead).All(n => n.Mesh!.Joined.Count == 2 && n.PodCidrs!.Assigned.Count == 2));
        Assert.True(time.Elapsed - before < TimeSpan.FromSeconds(1), $"took {time.Elapsed - before}");
        await Until(time, async () => (await shared.ReadLeasesAsync(NodeLeaseRecord.Prefix, default)).Length == 2);
        await StopAsync(nodes.Where((_, i) => i != dead), runs.Where((_, i) => i != dead));
    });

    [Fact]
    public void The_holder_keeps_a_mesh_of_exactly_the_nodes_that_hold_something_of_a_network() => SimulatedLoop.Run(async time =>
    {
        var settings = Settings with { Quarantine = TimeSpan.FromMinutes(1) };
        var store = new MemoryClusterStore();
        var nodes = Enumerable.Range(0, 3).Select(i => new TestNode(store, time, i, settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        var blue = new NetworkName("blue");
        var mesh = new ClusterFold<VtepMesh.State>(
            new VtepMesh(), VtepMesh.Id(blue, new Vni(4096)), store, ClusterEvents.Catalog, time);
        var networks = new ClusterFold<VirtualNetworks.State>(
            new VirtualNetworks(), VirtualNetworks.Id("test"), store, ClusterEvents.Catalog, time);
        var writer = new ClusterEntityRunner<VirtualNetworks.State>(new VirtualNetworks(), VirtualNetworks.Id("test"), store,
            StreamRules.Default, new ClusterWriter(nodes[0].Name, "uid-of-an-agent", 77, time));
        var (first, second) = (new NodeRef(nodes[0].Name, "uid-0"), new NodeRef(nodes[1].Name, "uid-1"));
        await DoAsync(new VirtualNetworks.Command.Create(blue, null,
            [new NetworkSubnet(Cidr.Parse("10.9.0.0/24"), IpAddress.Parse("10.9.0.1"), [], 25)], new Vni(1), []));
        await DoAsync(new VirtualNetworks.Command.TakeBlocks(blue, first));
        await DoAsync(new VirtualNetworks.Command.ClaimAddress(
            blue, second, AttachmentId.Parse("c0ffee/eth0"), IpAddress.Parse("10.9.0.200")));
        await Until(time, async () => await MeshAsync() is ["node-0000 10.9.0.0/25", "node-0001 10.9.0.200/32"]);

        await DoAsync(new VirtualNetworks.Command.ReturnBlocks(blue, first, "its last pod is gone"));
        await Until(time, async () => await MeshAsync() is ["node-0001 10.9.0.200/32"]);
        // Nobody but who held it has the block before the holder says that it has rested.
        var returned = time.Elapsed;
        Assert.IsType<AskResult.Rejected>(await AskAsync(new VirtualNetworks.Command.TakeBlocks(blue, second)));
        await Until(time, async () => !(await networks.ReadAsync(default)).State.Resting().Any());
        Assert.InRange(time.Elapsed - returned, settings.Quarantine, settings.Quarantine + TimeSpan.FromSeconds(5));

        var members = new ClusterEntityRunner<Membership.State>(new Membership(), Membership.Id("test"), store, StreamRules.Default,
            new ClusterWriter(nodes[0].Name, "uid-of-an-agent", 78, time));
        await nodes[1].StopAsync();
        Assert.IsType<AskResult.Replied>(await members.AskAsync(
            new Membership.Command.Remove(nodes[1].Name, null, IsForced: true, "test"), CorrelationId.None, default));
        await Until(time, async () => (await networks.ReadAsync(default)).State.Networks[blue].Claims.IsEmpty && (await MeshAsync()).Length == 0);
        await DoAsync(new VirtualNetworks.Command.Delete(blue));
        await Until(time, async () => (await networks.ReadAsync(default)).State.Deleted.IsEmpty);
        await StopAsync(nodes.Where(n => n != nodes[1]), runs);

        Task<AskResult> AskAsync(VirtualNetworks.Command command) => writer.AskAsync(command, CorrelationId.None, default);

        async Task DoAsync(VirtualNetworks.Command command) => Assert.IsType<AskResult.Replied>(await AskAsync(command));

        async Task<string[]> MeshAsync() =>
            [.. (await mesh.ReadAsync(default)).State.Joined.Values.Select(j => $"{j.Node} {string.Join(",", j.PodCidrs)}")];
    });

    [Fact]
    public void A_member_that_is_silent_for_the_chosen_time_leaves_the_mesh_and_keeps_its_cidr() => SimulatedLoop.Run(async time =>
    {
        var settings = Settings with { RemovalAfter = TimeSpan.FromMinutes(2) };
        var shared = new MemoryClusterStore();
        var stores = Enumerable.Range(0, 3).Select(_ => new Deadly(shared)).ToList();
        var nodes = stores.Select((s, i) => new TestNode(s, time, i, settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        var dead = nodes.FindIndex(n => !n.IsHolder);
        stores[dead].Kill();
        var killed = time.Elapsed;
        var holder = nodes.First(n => n.IsHolder);
        await Until(time, () => holder.Mesh!.Joined.Count == 2);
        Assert.InRange(time.Elapsed - killed, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2) + 2 * settings.LeaseDuration);
        Assert.Equal(3, holder.PodCidrs!.Assigned.Count);
        await StopAsync(nodes.Where((_, i) => i != dead), runs.Where((_, i) => i != dead));
    });

    [Fact]
    public void A_thousand_nodes_that_join_at_once_are_a_few_commits_of_at_most_a_mebibyte() => SimulatedLoop.Run(async time =>
    {
        const int Nodes = 1_000;
        var store = new MemoryClusterStore();
        var nodes = Enumerable.Range(0, Nodes).Select(i => new TestNode(store, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync(follows: n.Name.Value.EndsWith('7'))).ToList();
        await Until(time, () => nodes.Where(n => n.Name.Value.EndsWith('7')).All(n => n.Mesh?.Joined.Count == Nodes));
        output.WriteLine($"{Nodes} nodes: {store.Commits} commits, the largest {store.LargestCommitBytes} bytes, "
            + $"after {time.Elapsed.TotalSeconds:0.00} s of virtual time");
        Assert.InRange(store.Commits, 1, 20);
        Assert.InRange(store.LargestCommitBytes, 1, ClusterStoreLimits.MaxCommitBytes);
        var assigned = nodes.First(n => n.PodCidrs is not null).PodCidrs!.Assigned.Values;
        Assert.Equal(2 * Nodes, assigned.SelectMany(a => a.Cidrs).Distinct().Count());
        await StopAsync(nodes, runs);
    });

    [Fact]
    public void Nodes_with_one_sqlite_file_get_distinct_cidrs_and_complete_meshes() => SimulatedLoop.Run(async time =>
    {
        using var file = new StoreFile();
        var stores = Enumerable.Range(0, 3).Select(_ => SqliteClusterStore.Open(file.Path, "default", time)).ToList();
        var nodes = stores.Select((s, i) => new TestNode(s, time, i, Settings)).ToList();
        var runs = nodes.Select(n => n.RunAsync()).ToList();
        await Until(time, () => nodes.All(n => n.Mesh?.Joined.Count == 3));
        Assert.Single(nodes, n => n.IsHolder);
        foreach (var node in nodes)
            Assert.Equal(6, node.Mesh!.Joined.Values.SelectMany(v => v.PodCidrs).Distinct().Count());
        var first = nodes.FindIndex(n => n.IsHolder);
        await nodes[first].StopAsync();
        await Until(time, () => nodes.Any(n => n.IsHolder));
        await StopAsync(nodes, runs);
        foreach (var store in stores)
            await store.DisposeAsync();
    });

    private static ClusterFold<Membership.State> Members(IClusterStore store, TimeProvider time) =>
        new(new Membership(), Membership.Id("test"), store, ClusterEvents.Catalog, time);

    private static Task Until(SimulatedTime time, Func<bool> condition) =>
        Until(time, () => Task.FromResult(condition()));

    // Bounded by the loop's limit of virtual time.
    private static async Task Until(SimulatedTime time, Func<Task<bool>> condition)
    {
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
    }

    private static async Task StopAsync(IEnumerable<TestNode> nodes, IEnumerable<Task> runs)
    {
        foreach (var node in nodes)
            await node.StopAsync();
        await Task.WhenAll(runs);
    }
}
