using System.Collections.Immutable;
using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>CNI ADD, CHECK and DEL with so many pods on the node, against the reference plugins and the sum of the raw floors.</summary>
internal static class AttachBenchmark
{
    private const string Reference = "bridge + host-local of containernetworking-plugins, called the same way in turn";
    private const string Floors =
        "raw netlink attach + OVSDB port until its ofport is known + flow_mod and barrier + start of the binary, at as many ports";

    public static async Task RunAsync(Results results, int[] existing, int rounds)
    {
        using var pods = new PodNamespaces();
        using var fabric = new FabricNode();
        using var reference = new ReferenceNode();
        using var raw = await RawNode.StartAsync();
        var start = fabric.StartAgent();
        Results.Progress($"agent ready after {start.TotalMilliseconds:0} ms");
        var there = 0;
        foreach (var wanted in existing)
        {
            await FillAsync(pods, fabric, reference, raw, there, wanted);
            there = wanted;
            await MeasureAsync(results, pods, fabric, reference, raw, there, rounds);
        }
        var megabytes = fabric.Agent.ResidentBytes / 1e6;
        results.Add(new ResultRow($"agent resident memory, {there} pods", "MB", megabytes, null, null, "", 120));
    }

    private static async Task FillAsync(
        PodNamespaces pods, FabricNode fabric, ReferenceNode reference, RawNode raw, int from, int to)
    {
        var filled = ImmutableArray.CreateBuilder<(int, LabNamespace)>();
        for (var i = from; i < to; i++)
        {
            fabric.Cni.Add($"fill{i}", pods.Take());
            reference.Cni.Add($"fill{i}", pods.Take());
            filled.Add((i, pods.Take()));
            if (i % 25 == 24)
                Results.Progress($"{i + 1} pods on each node");
        }
        if (filled.Count > 0)
            await raw.FillAsync(filled.ToImmutable());
    }

    private static async Task MeasureAsync(
        Results results, PodNamespaces pods, FabricNode fabric, ReferenceNode reference, RawNode raw, int there, int rounds)
    {
        Samples add = new(), check = new(), del = new(), refAdd = new(), refCheck = new(), refDel = new(), binary = new();
        Samples netlink = new(), port = new(), flow = new();
        for (var round = -3; round < rounds; round++)
        {
            LabNamespace mine = pods.Take(), theirs = pods.Take(), bare = pods.Take();
            var name = $"pod{there}-{round + 3}";
            var added = fabric.Cni.Add(name, mine);
            var refAdded = reference.Cni.Add(name, theirs);
            var linked = raw.Link(1000 + round, bare);
            var ported = await raw.AddPortsAsync(1000 + round);
            var flowed = await raw.ChangeFlowAsync(1000 + round);
            var started = fabric.Cni.Call("VERSION", name, null, "").Elapsed;
            var checkedIn = fabric.Cni.Check(name, mine);
            var refChecked = reference.Cni.Check(name, theirs);
            var deleted = fabric.Cni.Del(name, mine);
            var refDeleted = reference.Cni.Del(name, theirs);
            await raw.DetachAsync(1000 + round);
            pods.GiveBack(mine);
            pods.GiveBack(theirs);
            pods.GiveBack(bare);
            if (round == -3 && there == 0)
                results.Add(new ResultRow("first ADD after the agent's start", "ms", added.TotalMilliseconds, null, null, "", null));
            // The first rounds of each number warm caches on every side.
            if (round < 0)
                continue;
            add.Add(added);
            check.Add(checkedIn);
            del.Add(deleted);
            refAdd.Add(refAdded);
            refCheck.Add(refChecked);
            refDel.Add(refDeleted);
            binary.Add(started);
            netlink.Add(linked);
            port.Add(ported);
            flow.Add(flowed);
            if (round % 20 == 19)
                Results.Progress($"{there} pods: round {round + 1} of {rounds}, ADD {add.Median.TotalMilliseconds:0.00} ms, "
                    + $"reference {refAdd.Median.TotalMilliseconds:0.00}, DEL {del.Median.TotalMilliseconds:0.00}, "
                    + $"reference {refDel.Median.TotalMilliseconds:0.00}");
        }
        var floor = new Samples();
        floor.Add(netlink.Median + port.Median + flow.Median + binary.Median);
        Results.Progress($"{there} pods, floors in ms: netlink {netlink.Median.TotalMilliseconds:0.00}, port {port.Median.TotalMilliseconds:0.00}, "
            + $"flow {flow.Median.TotalMilliseconds:0.00}, binary {binary.Median.TotalMilliseconds:0.00}");
        results.Add(ResultRow.Times($"CNI ADD, {there} pods, against the reference", add, refAdd, Reference, 0.5));
        results.Add(ResultRow.Times($"CNI ADD, {there} pods, against the floors", add, floor, Floors, 1.3));
        results.Add(ResultRow.Times($"CNI CHECK, {there} pods", check, refCheck, Reference, 1));
        results.Add(ResultRow.Times($"CNI DEL, {there} pods", del, refDel, Reference, 0.2));
    }
}
