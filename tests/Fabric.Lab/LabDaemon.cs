using System.Diagnostics;
using System.Globalization;

namespace Fabric.Lab;

/// <summary>One Open vSwitch daemon, started detached and known by its pid file.</summary>
internal sealed class LabDaemon(string program, string folder, Func<IReadOnlyList<string>> commandLine)
{
    private string PidFile => Path.Combine(folder, program + ".pid");

    internal string ControlSocket => Path.Combine(folder, program + ".ctl");

    internal string LogFile => Path.Combine(folder, program + ".log");

    /// <summary>The pid of the running daemon; null when it is stopped.</summary>
    internal int? Pid { get; private set; }

    /// <summary>Starts the daemon. With <c>--detach</c> its parent returns only once it serves its sockets.</summary>
    internal void Start(LabNamespace network, IReadOnlyDictionary<string, string> environment)
    {
        if (Pid is { } running && IsAlive(running))
            throw new InvalidOperationException($"{program} already runs as {running}.");

        var arguments = new List<string> { program };
        arguments.AddRange(commandLine());
        arguments.AddRange(
        [
            $"--unixctl={ControlSocket}", $"--pidfile={PidFile}", $"--log-file={LogFile}",
            "-vconsole:off", "-vsyslog:off", "--no-chdir", "--detach",
        ]);
        network.Run(arguments, environment);
        Pid = int.Parse(File.ReadAllText(PidFile), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }

    /// <summary>Asks the daemon to exit and waits until it has. Stopping a stopped daemon does nothing.</summary>
    internal void Stop()
    {
        if (Pid is not { } pid)
            return;
        if (IsAlive(pid))
            LabCommand.Run("ovs-appctl", "-t", ControlSocket, "exit");
        WaitUntilGone(pid);
    }

    /// <summary>SIGKILLs the daemon and waits until it is gone. Killing a stopped daemon does nothing.</summary>
    internal void Kill()
    {
        if (Pid is not { } pid)
            return;
        KillProcess(pid);
        WaitUntilGone(pid);
    }

    private void WaitUntilGone(int pid)
    {
        LabWait.Until(() => !IsAlive(pid), $"{program} {pid} is gone");
        Pid = null;
    }

    /// <summary>
    /// True while the process runs; a zombie no longer does, whether or not its parent ever reaps it.
    /// </summary>
    internal static bool IsAlive(int pid)
    {
        try
        {
            // proc(5): "pid (comm) state …"; comm may itself hold parentheses, so look behind the last one.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Kills the daemon of a lab whose own process died, if the pid still belongs to that daemon.</summary>
    internal static void KillLeftover(string pidFile, string folder)
    {
        try
        {
            var text = File.ReadAllText(pidFile).Trim();
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                return;
            var commandLine = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline"));
            if (commandLine.Contains(folder, StringComparison.Ordinal))
                KillProcess(pid);
        }
        catch (IOException)
        {
            // The pid file or the process vanished in between: nothing is left over.
        }
    }

    internal static void KillProcess(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It exited by itself between the decision and the signal.
        }
    }
}
