namespace Fabric.Bench;

/// <summary>How long the programs take to start: the agent until it would serve an ADD, the commands until they have ended.</summary>
internal static class StartBenchmark
{
    public static Task RunAsync(Results results, int rounds)
    {
        using var fabric = new FabricNode();
        Samples agent = new(), cni = new(), cli = new();
        var empty = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/root" };
        var output = Path.Combine(fabric.Calls("start"), "out");
        for (var round = 0; round < rounds; round++)
        {
            agent.Add(fabric.StartAgent());
            cni.Add(fabric.Cni.Call("VERSION", "version", null, "").Elapsed);
            if (Binaries.HasCli)
                cli.Add(ChildProcess.Run(Binaries.Cli, empty, "/dev/null", output, "--admin-socket", fabric.AdminSocket, "members").Elapsed);
            fabric.KillAgent();
        }
        results.Add(new ResultRow("fabric-node, start to ready", "ms", agent.Median.TotalMilliseconds, agent.P99.TotalMilliseconds, null, "", null));
        results.Add(new ResultRow("fabric-cni VERSION", "ms", cni.Median.TotalMilliseconds, cni.P99.TotalMilliseconds, null, "", null));
        if (cli.Count > 0)
            results.Add(new ResultRow("fabric members", "ms", cli.Median.TotalMilliseconds, cli.P99.TotalMilliseconds, null, "", null));
        return Task.CompletedTask;
    }
}
