using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Fabric.Linux.Tests;

/// <summary>Runs iproute2, ethtool and nft: the independent oracle of these tests.</summary>
internal static class Tool
{
    public static string Run(string file, params string[] arguments)
    {
        var (exit, output, error) = TryRun(file, arguments);
        return exit == 0
            ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {exit}: {error}");
    }

    public static (int Exit, string Output, string Error) TryRun(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        // Whoever has touched them owns them: the process's end does not close them, and libnftables can't live with
        // descriptors above 1023.
        using var standardError = process.StandardError;
        using var standardOutput = process.StandardOutput;
        var error = standardError.ReadToEndAsync();
        var output = standardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    public static bool Exists(string file)
    {
        try
        {
            TryRun(file, "--version");
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Runs <c>ip -json</c> inside a namespace.</summary>
    public static JsonElement IpJson(ScratchNamespace target, params string[] arguments)
    {
        var text = Run("ip", ["-n", target.Name, "-json", "-details", .. arguments]);
        return JsonDocument.Parse(text.Trim().Length == 0 ? "[]" : text).RootElement;
    }
}
