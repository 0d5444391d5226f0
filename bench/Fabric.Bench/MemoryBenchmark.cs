using System.Text.Json;

namespace Fabric.Bench;

/// <summary>What an agent holds in memory with 1,000 peers in the mesh and 250 pods of its own.</summary>
/// <remarks>The peers are leases in the store, as their agents would write them; the agent under test gives them their CIDRs.</remarks>
internal static class MemoryBenchmark
{
    private const int Peers = 1_000;
    private const int Pods = 250;
    private static readonly TimeSpan MeshWithin = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Results results)
    {
        using var pods = new PodNamespaces();
        using var fabric = new FabricNode();
        fabric.StartAgent();
        Row("agent resident memory, empty node");
        await new MadeUpPeers(Peers).WriteAsync(fabric.ClusterFile, generation: 0);
        var waited = TimeProvider.System.GetTimestamp();
        while (PeersOf(fabric) is var there && there < Peers)
        {
            fabric.ThrowIfAgentEnded();
            if (TimeProvider.System.GetElapsedTime(waited) > MeshWithin)
                throw new InvalidOperationException($"after {MeshWithin.TotalSeconds:0} s the mesh has {there} of {Peers} peers");
            await Task.Delay(200);
        }
        Results.Progress($"{Peers:n0} peers after {TimeProvider.System.GetElapsedTime(waited).TotalSeconds:0.0} s");
        Row($"  with {Peers:n0} peers");
        for (var i = 0; i < Pods; i++)
            fabric.Cni.Add($"pod{i}", pods.Take());
        Row($"  with {Peers:n0} peers and {Pods} pods", goal: 120);
        results.Add(new ResultRow("  the most that it ever was", "MB", fabric.Agent.PeakResidentBytes / 1e6, null, null, "", null));

        void Row(string measure, double? goal = null) =>
            results.Add(new ResultRow(measure, "MB", fabric.Agent.ResidentBytes / 1e6, null, null, "", goal));
    }

    private static int PeersOf(FabricNode fabric)
    {
        var output = Path.Combine(fabric.Calls("mesh"), "out");
        var (exitCode, _) = ChildProcess.Run(Binaries.Cli, new Dictionary<string, string> { ["HOME"] = "/root" }, "/dev/null", output,
            "--admin-socket", fabric.AdminSocket, "mesh", "--output", "json");
        if (exitCode != 0)
            throw new InvalidOperationException($"fabric mesh ended with {exitCode}");
        using var mesh = JsonDocument.Parse(File.ReadAllText(output));
        return mesh.RootElement.GetProperty("peers").GetArrayLength();
    }
}
