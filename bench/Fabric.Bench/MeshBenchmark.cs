using System.Diagnostics;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Bench;

/// <summary>A real node whose 1,000 peers join at once, and then all have another VTEP at once.</summary>
/// <remarks>
/// The node holds the singletons too, so it also records the members, gives out the CIDRs and keeps the mesh. Time is from before the
/// first lease is written until the last flow is on the bridge, as ovs-ofctl prints it.
/// </remarks>
internal static class MeshBenchmark
{
    private const int Peers = 1_000;
    private const string Bridge = "br-fabric";
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(120);

    public static async Task RunAsync(Results results)
    {
        using var fabric = new FabricNode();
        fabric.StartAgent();
        var before = Flows(fabric).Length;
        var peers = new MadeUpPeers(Peers);
        for (var generation = 0; generation <= 1; generation++)
        {
            var began = Stopwatch.GetTimestamp();
            await peers.WriteAsync(fabric.ClusterFile, generation);
            var written = Stopwatch.GetElapsedTime(began);
            await ProgrammedAsync(fabric, generation, began);
            var what = generation == 0 ? $"{Peers:n0} peers join a real node" : $"{Peers:n0} VTEPs change";
            Add($"{what}: until the last flow", "ms", Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            Add("  of it writing the leases", "ms", written.TotalMilliseconds);
            Add("  flows for peers", "flows", Flows(fabric).Length - before);
            Add("  agent resident memory", "MB", fabric.Agent.ResidentBytes / 1e6);
        }
        Add("  the most that it ever was", "MB", fabric.Agent.PeakResidentBytes / 1e6);

        void Add(string measure, string unit, double got) => results.Add(new ResultRow(measure, unit, got, null, null, "", null));
    }

    private static async Task ProgrammedAsync(FabricNode fabric, int generation, long began)
    {
        while (true)
        {
            fabric.ThrowIfAgentEnded();
            // A generation's VTEPs are in Forward's flows once each; those of the one before must be gone.
            var flows = Flows(fabric);
            var (there, old) = (flows.Count(f => SendsTo(f, generation)), flows.Count(f => generation > 0 && SendsTo(f, generation - 1)));
            if (there == Peers && old == 0)
                return;
            if (Stopwatch.GetElapsedTime(began) > Within)
                throw new InvalidOperationException($"after {Within.TotalSeconds:0} s {there} of {Peers} peers have flows, and {old} old ones");
            await Task.Delay(50);
        }
    }

    private static string[] Flows(FabricNode fabric) => fabric.Node.Ovs.Ofctl("-O", "OpenFlow15", "--no-names", "dump-flows", Bridge).Split('\n');

    private static bool SendsTo(string flow, int generation)
    {
        const string key = "->tun_dst";
        var end = flow.IndexOf(key, StringComparison.Ordinal);
        if (end < 0)
            return false;
        var start = flow.LastIndexOf(':', end) + 1;
        return IpAddress.TryParse(flow[start..end], CultureInfo.InvariantCulture, out var vtep)
            && vtep.ToString().StartsWith(generation == 0 ? "198.18." : "198.19.", StringComparison.Ordinal);
    }
}
