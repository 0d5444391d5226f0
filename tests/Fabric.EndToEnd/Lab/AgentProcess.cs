using System.Diagnostics;
using System.Globalization;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>One run of the agent's executable in a node's namespace, its output in a file.</summary>
public sealed class AgentProcess : IDisposable
{
    private readonly Process _process;

    private AgentProcess(Process process)
    {
        _process = process;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>The executable that was built with these tests.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "fabric-node");

    /// <summary>nsenter and sh replace themselves, so this is the agent's own pid.</summary>
    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the agent; <paramref name="logFile"/> is appended to.</summary>
    public static AgentProcess Start(
        LabNamespace at, string logFile, IReadOnlyDictionary<string, string> options)
    {
        var start = new ProcessStartInfo("nsenter")
        {
            ArgumentList =
            {
                $"--net={at.NetnsPath}", "--", "sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", logFile,
                Executable,
            },
        };
        foreach (var (name, value) in options)
        {
            start.ArgumentList.Add("--" + name);
            start.ArgumentList.Add(value);
        }
        // Tiered compilation would spend the first second of each short-lived agent on a second core that is not there.
        start.Environment["DOTNET_TieredCompilation"] = "1";
        start.Environment["DOTNET_TC_BackgroundWorkerTimeoutMs"] = "0";
        var process = Process.Start(start)!;
        // By it the next lab finds an agent whose test was killed.
        File.WriteAllText(Path.ChangeExtension(logFile, ".pid"), process.Id.ToString(CultureInfo.InvariantCulture));
        return new AgentProcess(process);
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, and waits until it is gone. Returns its exit code.</summary>
    public int Terminate()
    {
        LabCommand.Run("kill", "-TERM", Pid.ToString(CultureInfo.InvariantCulture));
        return WaitForExit();
    }

    /// <summary>Waits until it ends by itself.</summary>
    public int WaitForExit() => _process.WaitForExit(TimeSpan.FromSeconds(30))
        ? _process.ExitCode
        : throw new InvalidOperationException($"agent {Pid} did not end within 30 s");

    private void KillAtExit(object? sender, EventArgs e) => Kill();

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Kill();
        _process.Dispose();
    }
}
