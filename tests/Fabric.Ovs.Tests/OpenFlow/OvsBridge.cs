using System.Diagnostics;

namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>A bridge of a private Open vSwitch, in a folder and a network namespace of its own.</summary>
public sealed class OvsBridge : IAsyncLifetime
{
    private const string Name = "fabtof0";
    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t-of-").FullName;
    private readonly List<Process> _daemons = [];

    /// <summary>Why there is no bridge, or null.</summary>
    public string? Missing { get; private set; }

    /// <summary>The bridge's management socket.</summary>
    public string Address => $"unix:{_folder}/{Name}.mgmt";

    public async Task InitializeAsync()
    {
        Missing = !Environment.IsPrivilegedProcess ? "needs root"
            : !File.Exists("/usr/sbin/ovs-vswitchd") ? "needs Open vSwitch"
            : null;
        if (Missing is not null) return;
        await RunAsync("ovsdb-tool", ["create", $"{_folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"]);
        Daemon("ovsdb-server", $"{_folder}/conf.db", $"--remote=punix:{_folder}/db.sock");
        await WaitForFileAsync($"{_folder}/db.sock");
        await RunAsync("ovs-vsctl", [$"--db=unix:{_folder}/db.sock", "--no-wait", "init"]);
        Daemon("ovs-vswitchd", $"unix:{_folder}/db.sock");
        await RunAsync("ovs-vsctl",
        [
            $"--db=unix:{_folder}/db.sock", "--timeout=20", "add-br", Name, "--",
            "set", "bridge", Name, "datapath_type=netdev", "fail_mode=secure",
        ]);
        await WaitForFileAsync($"{_folder}/{Name}.mgmt");
    }

    public async Task DisposeAsync()
    {
        foreach (var daemon in Enumerable.Reverse(_daemons))
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
            daemon.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs ovs-ofctl with the bridge's address as the last but <paramref name="after"/> argument.</summary>
    public Task<string> OfctlAsync(string[] before, params string[] after) =>
        RunAsync("ovs-ofctl", ["-O", "OpenFlow15", .. before, Address, .. after]);

    /// <summary>Runs ovs-appctl against the switch.</summary>
    public Task<string> AppctlAsync(params string[] arguments) =>
        RunAsync("ovs-appctl", ["-t", $"{_folder}/ovs-vswitchd.ctl", .. arguments]);

    /// <summary>The lines of dump-flows, sorted, without the leading blank.</summary>
    public async Task<string[]> DumpAsync()
    {
        var text = await OfctlAsync(["--no-stats", "--no-names", "dump-flows"]);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[1..])
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Runs a program and returns its output.</summary>
    public static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)}: {process.ExitCode} {await output} {await error}");
        }

        return await output;
    }

    private void Daemon(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("unshare",
        [
            "--net", program, .. arguments, $"--unixctl={_folder}/{program}.ctl", $"--log-file={_folder}/{program}.log",
            $"--pidfile={_folder}/{program}.pid", "-vconsole:off", "-vsyslog:off", "--no-chdir",
        ]);
        start.Environment["OVS_RUNDIR"] = _folder;
        _daemons.Add(Process.Start(start)!);
    }

    private static async Task WaitForFileAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, e) =>
        {
            if (e.FullPath == path) seen.TrySetResult();
        };
        watcher.Renamed += (_, e) =>
        {
            if (e.FullPath == path) seen.TrySetResult();
        };
        watcher.EnableRaisingEvents = true;
        if (File.Exists(path)) return;
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
