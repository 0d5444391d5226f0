using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;

namespace Fabric.Bench;

/// <summary>
/// What the holder of the singletons pays to follow the Node objects of a large cluster: 2,000 of them, each with the labels, conditions
/// and images of a real one, over HTTP from the API server of the tests, which runs in this process and is not counted.
/// </summary>
internal static class NodeObjectsBenchmark
{
    private const int Count = 2_000;

    private const int Images = 45;

    public static async Task RunAsync(Results results)
    {
        var state = ApiState.Start(TimeProvider.System, () => Guid.NewGuid().ToString());
        var kind = state.Find("", "v1", "nodes")!;
        for (var i = 0; i < Count; i++)
            state.Create(kind, null, Node(i), WriteOptions.None);
        await using var server = await ApiServer.StartAsync(state, ApiServerOptions.Plain, TimeProvider.System);
        var folder = Directory.CreateTempSubdirectory("fab-t-bench-");
        try
        {
            var kubeconfig = Path.Combine(folder.FullName, "kubeconfig");
            await File.WriteAllTextAsync(kubeconfig, Kubeconfig.Of(server, "any"));
            using var api = Cluster.Kubernetes.KubernetesApi.Open(new KubernetesPlace(Kubeconfig: kubeconfig), TimeProvider.System);
            // The second follower finds the code compiled and the server's answers made once before.
            for (var run = 0; run < 2; run++)
                await FollowAsync(results, api, isFirst: run == 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task FollowAsync(Results results, IKubernetesApi api, bool isFirst)
    {
        var before = Live();
        using var end = new CancellationTokenSource();
        var nodes = new KubernetesNodeObjects(api, TimeProvider.System, Results.Progress);
        var began = TimeProvider.System.GetTimestamp();
        var running = nodes.RunAsync(end.Token);
        while (true)
        {
            var seen = nodes.Changed.Count;
            if (nodes.Look() is not null)
                break;
            await nodes.Changed.WaitAsync(seen, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
        }
        var took = TimeProvider.System.GetElapsedTime(began);
        var kept = Live() - before;
        if (!isFirst)
        {
            results.Add(new ResultRow($"{Count:n0} Node objects of 10 kB, until all are known", "ms", took.TotalMilliseconds, null, null, "", null));
            results.Add(new ResultRow("what is kept of them", "KiB", kept / 1024.0, null, null, "", null));
        }
        await end.CancelAsync();
        await running;
        GC.KeepAlive(nodes);
    }

    private static long Live() => GC.GetTotalMemory(forceFullCollection: true);

    private static JsonObject Node(int i)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node-{i:0000}");
        var images = Enumerable.Range(0, Images).Select(n => (JsonNode)new JsonObject
        {
            ["names"] = new JsonArray($"registry.example/some/longer/path/image-{n}@sha256:{new string('a', 64)}", $"registry.example/image-{n}:v1.{n}"),
            ["sizeBytes"] = 123_456_789 + n,
        });
        var conditions = ((string[])["MemoryPressure", "DiskPressure", "PIDPressure", "Ready", "NetworkUnavailable"]).Select(t => (JsonNode)new JsonObject
        {
            ["type"] = t, ["status"] = "False", ["reason"] = $"KubeletHas{t}", ["message"] = $"kubelet says something of {t}",
            ["lastHeartbeatTime"] = "2026-11-26T10:00:00Z", ["lastTransitionTime"] = "2026-11-26T10:00:00Z",
        });
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject { ["kubernetes.io/hostname"] = name, ["topology.kubernetes.io/zone"] = "a" },
            },
            ["spec"] = new JsonObject { ["podCIDRs"] = new JsonArray(string.Create(CultureInfo.InvariantCulture, $"10.{64 + i / 256}.{i % 256}.0/24")) },
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = "172.30.0.1" }),
                ["conditions"] = new JsonArray([.. conditions]),
                ["images"] = new JsonArray([.. images]),
            },
        };
    }
}
