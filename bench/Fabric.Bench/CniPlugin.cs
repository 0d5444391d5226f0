using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>Calls a CNI plugin as a container runtime does, and takes the time.</summary>
/// <param name="binary">The plugin.</param>
/// <param name="configuration">The network configuration without its closing brace.</param>
/// <param name="folder">Holds the input and output files.</param>
/// <param name="node">The namespace that the plugin is to run in; null for a plugin to which that is the same.</param>
internal sealed class CniPlugin(string binary, string configuration, string folder, LabNamespace? node)
{
    public TimeSpan Add(string container, LabNamespace pod) => Timed("ADD", container, pod, "");

    public TimeSpan Del(string container, LabNamespace pod) => Timed("DEL", container, pod, "");

    /// <summary>CHECK with the result of the ADD before it.</summary>
    public TimeSpan Check(string container, LabNamespace pod) =>
        Timed("CHECK", container, pod, $",\"prevResult\":{File.ReadAllText(OutputOf("ADD", container))}");

    public (int ExitCode, TimeSpan Elapsed) Call(string command, string container, LabNamespace? pod, string more)
    {
        var input = Path.Combine(folder, $"in-{command}-{container}");
        File.WriteAllText(input, configuration + more + "}");
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = container,
            ["CNI_NETNS"] = pod?.NetnsPath ?? "",
            ["CNI_IFNAME"] = "eth0",
            ["CNI_PATH"] = Binaries.ReferencePlugins,
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=bench;K8S_POD_NAME={container};K8S_POD_UID=0f3c1a2b-{container}",
            ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        };
        (int, TimeSpan) run() => ChildProcess.Run(binary, environment, input, OutputOf(command, container));
        return node is null ? run() : ChildProcess.Inside(node.NetnsPath, run);
    }

    private TimeSpan Timed(string command, string container, LabNamespace pod, string more)
    {
        var (exitCode, elapsed) = Call(command, container, pod, more);
        return exitCode == 0
            ? elapsed
            : throw new InvalidOperationException(
                $"{Path.GetFileName(binary)} {command} {container}: {exitCode} {File.ReadAllText(OutputOf(command, container))}");
    }

    private string OutputOf(string command, string container) => Path.Combine(folder, $"out-{command}-{container}");
}
