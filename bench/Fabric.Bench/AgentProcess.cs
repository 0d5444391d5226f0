using System.Diagnostics;
using System.Globalization;

namespace Fabric.Bench;

/// <summary>A running agent, and what the kernel says of it.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;

    public AgentProcess(string netns, IEnumerable<string> arguments, string logPath)
    {
        _log = new StreamWriter(logPath, append: true) { AutoFlush = true };
        // ip(8) mounts /sys anew, in which the agent looks up the underlay's MTU, and becomes the agent by exec.
        var start = new ProcessStartInfo("ip") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["netns", "exec", netns, Binaries.Node, .. arguments])
            start.ArgumentList.Add(argument);
        StartedAt = Stopwatch.GetTimestamp();
        _process = Process.Start(start) ?? throw new InvalidOperationException("ip did not start");
        _process.OutputDataReceived += Write;
        _process.ErrorDataReceived += Write;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public long StartedAt { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>VmRSS (proc(5)), in bytes.</summary>
    public long ResidentBytes => FieldOf("VmRSS:") * 1024;

    /// <summary>VmHWM: the most it ever was.</summary>
    public long PeakResidentBytes => FieldOf("VmHWM:") * 1024;

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>SIGKILL, as nobody says goodbye in a crash.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _log.Dispose();
    }

    private long FieldOf(string field) => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(field, StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private void Write(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            if (line.Data is { } text && _log.BaseStream is { CanWrite: true })
                _log.WriteLine(text);
        }
    }
}
