using System.Diagnostics;
using System.Text;

namespace Fabric.Cni.Tests;

/// <summary>What one run of the binary left.</summary>
internal sealed record CniRun(int ExitCode, string Stdout, string Stderr);

/// <summary>Runs the published binary as a container runtime does: environment, stdin, stdout, exit code.</summary>
internal static class CniBinary
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "cni", "fabric-cni");

    public static IReadOnlyDictionary<string, string> Add(string socket) => new Dictionary<string, string>
    {
        ["CNI_COMMAND"] = "ADD",
        ["CNI_CONTAINERID"] = "c0ffee",
        ["CNI_NETNS"] = "/proc/self/ns/net",
        ["CNI_IFNAME"] = "eth0",
        ["CNI_ARGS"] = "IgnoreUnknown=1;K8S_POD_NAME=web-0",
        ["CNI_PATH"] = "/opt/cni/bin",
        ["FABRIC_CNI_SOCKET"] = socket,
    };

    public static IReadOnlyDictionary<string, string> Command(string command, string socket = "/nonexistent/cni.sock") =>
        With(Add(socket), ("CNI_COMMAND", command));

    public static IReadOnlyDictionary<string, string> With(
        IReadOnlyDictionary<string, string> environment, params (string Name, string Value)[] changes)
    {
        var result = new Dictionary<string, string>(environment);
        foreach (var (name, value) in changes)
            result[name] = value;
        return result;
    }

    public static Task<CniRun> RunAsync(IReadOnlyDictionary<string, string> environment, string stdin) =>
        RunAsync(Path, [], environment, Encoding.UTF8.GetBytes(stdin));

    public static async Task<CniRun> RunAsync(
        string file, string[] arguments, IReadOnlyDictionary<string, string> environment, byte[] stdin)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var stdout = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var stderr = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(stdin, deadline.Token);
            await process.StandardInput.BaseStream.FlushAsync(deadline.Token);
        }
        catch (IOException)
        {
            // The binary may have refused its input before it had read all of it; its answer tells.
        }
        process.StandardInput.BaseStream.Close();
        await process.WaitForExitAsync(deadline.Token);
        return new CniRun(process.ExitCode, await stdout, await stderr);
    }
}
