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
        var members = new ClusterFold<Membership.State>(new Membership(), Membership.Id("test"), shared, ClusterEvents.Catalog, time);
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
