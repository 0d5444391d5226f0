using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fabric.EndToEnd;

/// <summary>One call of the CNI binary as a container runtime makes it.</summary>
public sealed record CniCall(string Command, string Socket)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static string Binary { get; } = Path.Combine(AppContext.BaseDirectory, "cni", "fabric-cni");

    public string ContainerId { get; init; } = "";

    public string Netns { get; init; } = "";

    public string IfName { get; init; } = "eth0";

    public string Args { get; init; } = "";

    public string NetworkName { get; init; } = "pods";

    public string CniVersion { get; init; } = "1.1.0";

    public JsonNode? PrevResult { get; init; }

    /// <summary>Further members of the network configuration, as the text of a JSON object.</summary>
    public string Extra { get; init; } = "{}";

    /// <summary>Replaces the whole configuration.</summary>
    public string? Stdin { get; init; }

    public string Configuration()
    {
        var configuration = new JsonObject
        {
            ["cniVersion"] = CniVersion,
            ["name"] = NetworkName,
            ["type"] = "fabric",
            ["agentSocket"] = Socket,
        };
        foreach (var (key, value) in JsonNode.Parse(Extra)!.AsObject())
            configuration[key] = value?.DeepClone();
        if (PrevResult is not null)
            configuration["prevResult"] = PrevResult.DeepClone();
        return configuration.ToJsonString();
    }

    public async Task<CniRun> RunAsync()
    {
        using var process = Start();
        return await ReadAsync(process);
    }

    /// <summary>Starts the binary and gives it its input, without waiting for the answer.</summary>
    public Process Start(params (string Name, string Value)[] further)
    {
        var start = new ProcessStartInfo(Binary)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Variables().Concat(further))
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Write(Stdin ?? Configuration());
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It refused its input before it had read all of it; its answer tells.
        }
        return process;
    }

    public static async Task<CniRun> ReadAsync(Process process)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var stdout = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var stderr = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return new CniRun(process.ExitCode, await stdout, await stderr);
    }

    private IEnumerable<(string Name, string Value)> Variables()
    {
        yield return ("CNI_COMMAND", Command);
        yield return ("CNI_CONTAINERID", ContainerId);
        yield return ("CNI_NETNS", Netns);
        yield return ("CNI_IFNAME", IfName);
        yield return ("CNI_PATH", "/usr/lib/cni");
        yield return ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        if (Args.Length > 0)
            yield return ("CNI_ARGS", Args);
    }
}
