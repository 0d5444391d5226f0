using System.Diagnostics;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>What a node and its etcd send each other while nothing happens, counted by a proxy between them.</summary>
/// <remarks>
/// Real are etcd (one member), the client, leases, singletons and folds; kernel, Open vSwitch and the node's journal are not
/// there. Bytes are those of the TCP streams, HTTP headers included.
/// </remarks>
internal static class StoreTrafficBenchmark
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan JoinWithin = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(Results results)
    {
        if (LabEtcd.Missing is { } missing)
        {
            Results.Progress($"store: skipped, {missing}");
            return;
        }
        foreach (var nodes in new[] { 3, 30, 100 })
            await MeasureAsync(results, nodes);
    }

    private static async Task MeasureAsync(Results results, int count)
    {
        using var etcd = LabEtcd.Start();
        await using var loop = new EventLoop("nodes", e => Results.Progress($"store: {e}"));
        await using var work = new EventLoop("etcd", e => Results.Progress($"store: {e}"));
        var proxies = Enumerable.Range(0, count).Select(_ => new LabProxy(etcd.Endpoints[0])).ToList();
        var nodes = proxies.Select((proxy, i) => new ScaleNode<IClusterStore>(
            loop.RunAsync,
            ClusterStoreUri.Parse($"etcd://{proxy.Endpoint}").Open("scale", TimeProvider.System, work),
            TimeProvider.System, i, follows: true)).ToList();
        try
        {
            foreach (var node in nodes)
                node.Start();
            await LabWait.UntilAsync(() => Task.FromResult(nodes.TrueForAll(n => n.MeshSize == count)), "every mesh is complete", JoinWithin);
            var before = proxies.Select(Count).ToList();
            var began = Stopwatch.GetTimestamp();
            await Task.Delay(Watched);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var moved = proxies.Zip(before, (proxy, then) => Count(proxy) - then).ToList();
            var holder = nodes.FindIndex(n => n.IsHolder);
            var others = moved.Where((_, i) => i != holder).ToList();
            Add(results, $"{count} nodes, each", others.Average(m => m.Requests), others.Average(m => m.Up), others.Average(m => m.Down), seconds);
            Add(results, $"{count} nodes, the holder", moved[holder].Requests, moved[holder].Up, moved[holder].Down, seconds);
            Results.Progress($"store: {proxies.Where((_, i) => i != holder).Max(p => p.Connections)} connections of a node at most");
        }
        finally
        {
            foreach (var node in nodes)
                node.Leave();
            foreach (var node in nodes)
                await node.Store.DisposeAsync();
            foreach (var proxy in proxies)
                await proxy.DisposeAsync();
        }
    }

    private static Traffic Count(LabProxy proxy) => new(proxy.Requests, proxy.BytesUp, proxy.BytesDown);

    private static void Add(Results results, string who, double requests, double up, double down, double seconds)
    {
        results.Add(new ResultRow($"etcd at rest, {who}: requests per second", "", requests / seconds, null, null, "", null));
        results.Add(new ResultRow($"etcd at rest, {who}: sent per second", "B", up / seconds, null, null, "", null));
        results.Add(new ResultRow($"etcd at rest, {who}: received per second", "B", down / seconds, null, null, "", null));
    }

    private readonly record struct Traffic(long Requests, long Up, long Down)
    {
        public static Traffic operator -(Traffic now, Traffic then) =>
            new(now.Requests - then.Requests, now.Up - then.Up, now.Down - then.Down);
    }
}
