using System.Diagnostics;

namespace Fabric.Cli.Tests;

/// <summary>What one run of the command left.</summary>
internal sealed record CliRun(int ExitCode, string Stdout, string Stderr);

/// <summary>Runs the published command.</summary>
internal static class CliBinary
{
    private static string FilePath { get; } = Path.Combine(AppContext.BaseDirectory, "cli", "fabric");

    public static Process Start(string socketPath, params string[] arguments)
    {
        var start = new ProcessStartInfo(FilePath, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["FABRIC_ADMIN_SOCKET"] = socketPath;
        start.Environment["TZ"] = "UTC";
        return Process.Start(start)!;
    }

    public static async Task<CliRun> RunAsync(string socketPath, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var process = Start(socketPath, arguments);
        var stdout = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var stderr = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return new CliRun(process.ExitCode, await stdout, await stderr);
    }
}
