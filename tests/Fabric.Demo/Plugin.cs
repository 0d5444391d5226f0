using System.Diagnostics;
using Fabric.Linux;

namespace Fabric.Demo;

/// <summary>Executes a CNI plugin as a container runtime does: parameters in CNI_* variables, configuration on stdin.</summary>
internal static class Plugin
{
    /// <summary>What one execution answered, and how long it took from posix_spawn to waitpid.</summary>
    internal readonly record struct Run(int Code, string Output, TimeSpan Took);

    /// <summary>Runs fabric-cni in the node's namespace.</summary>
    /// <param name="node">Whose agent is asked.</param>
    /// <param name="command">ADD, DEL, STATUS.</param>
    /// <param name="sandbox">Whom it is about; null for STATUS.</param>
    /// <param name="previous">The result of the ADD, which a runtime hands to DEL.</param>
    /// <param name="waitMs">How long to wait for an agent that does not listen yet, in milliseconds.</param>
    public static Run Fabric(Node node, string command, Sandbox? sandbox, string? previous = null, int? waitMs = null)
    {
        var configuration = $$"""{"cniVersion":"1.1.0","name":"pods","type":"fabric-cni","agentSocket":"{{node.CniSocket}}"{{Previous(previous)}}}""";
        var extra = new Dictionary<string, string>();
        if (waitMs is { } ms)
            extra["FABRIC_CNI_WAIT_MS"] = $"{ms}";
        return Execute(Places.Plugin, node.Net.Inside, command, sandbox, configuration, extra);
    }

    /// <summary>Runs the reference plugin <c>bridge</c>, with <c>host-local</c> for the address, in a namespace of its own.</summary>
    public static Run Reference(Net host, string command, Sandbox sandbox, string? previous = null) => Execute(
        Places.BridgePlugin, host.Inside, command, sandbox,
        $$"""
        {
          "cniVersion": "1.0.0", "name": "reference", "type": "bridge", "bridge": "cni0", "isGateway": true{{Previous(previous)}},
          "ipam": { "type": "host-local", "dataDir": "{{Places.Folder}}/host-local", "subnet": "10.99.0.0/16" }
        }
        """,
        []);

    private static string Previous(string? previous) => previous is null ? "" : $",\"prevResult\":{previous}";

    private static Run Execute(string program, NetworkNamespace host, string command, Sandbox? sandbox, string configuration,
        Dictionary<string, string> environment)
    {
        environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        environment["CNI_COMMAND"] = command;
        environment["CNI_PATH"] = $"{Places.Binaries}:{Places.ReferencePlugins}";
        sandbox?.AddTo(environment);
        var name = Path.Combine(Places.Folder, $"cni-{Environment.CurrentManagedThreadId}");
        var streams = new Spawn.Streams(name + ".in", name + ".out", name + ".err");
        File.WriteAllText(streams.Input, configuration);
        var (pid, began) = host.Run(() =>
        {
            var start = Stopwatch.GetTimestamp();
            return (Spawn.Start(program, environment, streams), start);
        });
        var code = Spawn.Wait(pid);
        var took = Stopwatch.GetElapsedTime(began);
        return new Run(code, File.ReadAllText(streams.Output) + File.ReadAllText(streams.Error), took);
    }
}
