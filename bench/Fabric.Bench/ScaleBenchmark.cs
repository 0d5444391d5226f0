using System.Diagnostics;
using Fabric.Cluster;
using Fabric.Simulation;

namespace Fabric.Bench;

/// <summary>A whole cluster's nodes join at once and a hundred leave, on one thread and a virtual clock.</summary>
/// <remarks>
/// Real are leases, membership, singletons and the folds; not there are kernel, Open vSwitch and the node's journal. Every node
/// competes for the singletons and renews its lease; so many follow the streams as memory has room for their meshes, since here all
/// nodes share one machine.
/// </remarks>
internal static class ScaleBenchmark
{
    private const int Leaving = 100;

    /// <summary>What one call to the store takes.</summary>
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(2);

    public static Task RunAsync(Results results)
    {
        Measure(results, nodes: 1_000, followers: 1_000);
        Measure(results, nodes: 5_000, followers: 200);
        return Task.CompletedTask;
    }

    private static void Measure(Results results, int nodes, int followers)
    {
        var loop = new SimulatedLoop(1);
        var store = new MemoryClusterStore();
        var all = Enumerable.Range(0, nodes).Select(i =>
        {
            var process = loop.Start($"node-{i}");
            return new ScaleNode<CountingStore>(
                process.Run, new CountingStore(store, process.Time, CallTime), process.Time, i, follows: i >= nodes - followers);
        }).ToList();
        var watching = all.Where(n => n.Follows).ToList();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var wall = Stopwatch.StartNew();
        foreach (var node in all)
            node.Start();
        Await(loop, () => watching.TrueForAll(n => n.MeshSize == nodes), "every mesh is complete");
        var what = $"{nodes:n0} nodes join";
        Add(results, $"{what}: virtual time to complete meshes", "s", loop.Now.TotalSeconds);
        Add(results, $"{what}: appends to the cluster journal", "", store.Commits);
        Add(results, $"{what}: largest append", "kB", store.LargestCommitBytes / 1e3);
        Add(results, $"{what}: bytes of events read by each node", "kB", watching.Average(n => n.Store.EventBytes) / 1e3);
        Add(results, $"{what}: bytes of leases read by each node", "kB", watching.Average(n => n.Store.LeaseBytes) / 1e3);
        Add(results, $"{what}: wall time on one core", "s", wall.Elapsed.TotalSeconds);
        Add(results, $"{what}: memory of each that follows", "kB",
            (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e3 / followers);

        SteadyState(results, loop, watching, nodes);
        Leave(results, loop, store, all, watching);
    }

    /// <summary>What a node reads in a minute in which nothing happens.</summary>
    private static void SteadyState(Results results, SimulatedLoop loop, List<ScaleNode<CountingStore>> watching, int nodes)
    {
        // The holder of the singletons sees every lease, so it is not among those that are looked at.
        var before = watching.ToDictionary(n => n, n => (Bytes: n.Store.EventBytes + n.Store.LeaseBytes, n.Store.Calls));
        loop.RunFor(TimeSpan.FromSeconds(60));
        var others = watching.Where(n => !n.IsHolder).ToList();
        Add(results, $"{nodes:n0} nodes at rest: bytes read by each in a minute", "kB",
            others.Average(n => n.Store.EventBytes + n.Store.LeaseBytes - before[n].Bytes) / 1e3);
        Add(results, $"{nodes:n0} nodes at rest: calls of each in a minute", "", others.Average(n => n.Store.Calls - before[n].Calls));
    }

    private static void Leave(Results results, SimulatedLoop loop, MemoryClusterStore store, List<ScaleNode<CountingStore>> all,
        List<ScaleNode<CountingStore>> watching)
    {
        var (began, commits, wall) = (loop.Now, store.Commits, Stopwatch.StartNew());
        var leaving = watching.Where(n => !n.IsHolder).Take(Leaving).ToHashSet();
        foreach (var node in leaving)
            node.Leave();
        var staying = watching.Where(n => !leaving.Contains(n)).ToList();
        Await(loop, () => staying.TrueForAll(n => n.MeshSize == all.Count - Leaving), "those that left are in no mesh");
        var what = $"{Leaving} of {all.Count:n0} leave";
        Add(results, $"{what}: virtual time to complete meshes", "s", (loop.Now - began).TotalSeconds);
        Add(results, $"{what}: appends to the cluster journal", "", store.Commits - commits);
        Add(results, $"{what}: wall time on one core", "s", wall.Elapsed.TotalSeconds);
    }

    private static void Await(SimulatedLoop loop, Func<bool> condition, string what)
    {
        for (var waited = 0; !condition(); waited++)
        {
            if (waited == 6_000)
                throw new InvalidOperationException($"{what} has not come true in 10 minutes of virtual time");
            loop.RunUntil(static () => false, TimeSpan.FromMilliseconds(100), long.MaxValue / 2);
            if (waited % 10 == 9)
                Results.Progress($"  {what}: not yet after {loop.Now.TotalSeconds:0} s of virtual time, {loop.Steps:n0} steps");
        }
    }

    private static void Add(Results results, string measure, string unit, double got) =>
        results.Add(new ResultRow(measure, unit, got, null, null, "", null));
}
