using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni.Tests;

/// <summary>Exec frames: delegated plugins run by the binary on the host.</summary>
public sealed class DelegationTests : IDisposable
{
    private readonly ScriptedAgent _agent = new();
    private readonly string _plugins;

    public DelegationTests()
    {
        _plugins = Path.Combine(_agent.Directory, "bin");
        Directory.CreateDirectory(_plugins);
    }

    public void Dispose() => _agent.Dispose();

    private void Plugin(string name, string script, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
    {
        var path = Path.Combine(_plugins, name);
        File.WriteAllText(path, script);
        File.SetUnixFileMode(path, mode);
    }

    private async Task<IReadOnlyList<CniExecResultFrame>> Exec(params CniExecFrame[] execs)
    {
        var served = _agent.ServeAsync(peer =>
        {
            peer.Request();
            var results = execs.Select(peer.Exec).ToList();
            peer.Send(new CniResultFrame(0, "done"u8.ToArray()).Encode().Span);
            return results;
        });
        var environment = CniBinary.With(
            CniBinary.Add(_agent.SocketPath), ("CNI_PATH", "/nonexistent::" + _plugins), ("INHERITED", "as is"));
        var run = await CniBinary.RunAsync(environment, "{}");
        var results = await served;
        Assert.Equal(new CniRun(0, "done", ""), run);
        return results;
    }

    private static CniExecFrame Frame(string plugin, params CniOverride[] environment) =>
        new(9, plugin, environment, "input"u8.ToArray());

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    [Fact]
    public async Task A_plugin_gets_stdin_and_the_environment_with_overrides()
    {
        Plugin("ipam", "#!/bin/sh\nprintf '%s|%s|%s|%s|' \"$INHERITED\" \"$CNI_COMMAND\" \"$CNI_IFNAME\" \"$NEW\"\ncat\necho log >&2\nexit 3\n");
        var results = await Exec(Frame("ipam", new CniOverride("CNI_COMMAND", "DEL"), new CniOverride("NEW", "a=b")));
        var result = Assert.Single(results);
        Assert.Equal(9u, result.Id);
        Assert.Equal(CniExecOutcome.Exited, result.Outcome);
        Assert.Equal(3, result.Status);
        Assert.Equal("as is|DEL|eth0|a=b|input", Text(result.Stdout));
        Assert.Equal("log\n", Text(result.Stderr));
    }

    [Fact]
    public async Task Several_rounds_run_in_one_call()
    {
        Plugin("one", "#!/bin/sh\necho one\n");
        Plugin("two", "#!/bin/sh\necho two\n");
        var results = await Exec(Frame("one"), Frame("two"), Frame("one"));
        Assert.Equal(["one\n", "two\n", "one\n"], results.Select(r => Text(r.Stdout)));
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("")]
    [InlineData("../bin/ipam")]
    [InlineData("/bin/sh")]
    [InlineData("..")]
    [InlineData("not-executable")]
    [InlineData("directory")]
    public async Task What_is_no_plugin_of_the_path_is_not_found_and_nothing_runs(string name)
    {
        Plugin("ipam", "#!/bin/sh\necho ran\n");
        Plugin("not-executable", "#!/bin/sh\n", UnixFileMode.UserRead);
        Directory.CreateDirectory(Path.Combine(_plugins, "directory"));
        var result = Assert.Single(await Exec(Frame(name)));
        Assert.Equal(CniExecOutcome.NotFound, result.Outcome);
        Assert.Equal("", Text(result.Stdout));
        Assert.Equal($"plugin '{name}' not found in CNI_PATH '/nonexistent::{_plugins}'", Text(result.Stderr));
    }

    [Fact]
    public async Task A_file_that_the_kernel_can_not_run_is_reported_with_its_errno()
    {
        Plugin("garbage", "neither ELF nor script\n");
        var result = Assert.Single(await Exec(Frame("garbage")));
        Assert.Equal(CniExecOutcome.NotStarted, result.Outcome);
        Assert.Equal(8, result.Status);
        Assert.Equal($"{_plugins}/garbage can't be started: Exec format error", Text(result.Stderr));
    }

    [Fact]
    public async Task A_plugin_that_a_signal_ends_is_reported_as_such()
    {
        Plugin("dies", "#!/bin/sh\necho before\nkill -9 $$\n");
        var result = Assert.Single(await Exec(Frame("dies")));
        Assert.Equal((CniExecOutcome.Signaled, 9), (result.Outcome, result.Status));
        Assert.Equal("before\n", Text(result.Stdout));
    }

    [Fact]
    public async Task Output_without_end_is_cut_and_the_plugin_killed()
    {
        Plugin("yes", "#!/bin/sh\nexec yes\n");
        var result = Assert.Single(await Exec(Frame("yes")));
        Assert.Equal(CniExecOutcome.OutputTooLong, result.Outcome);
        Assert.Equal(CniExecResultFrame.MaxStdout, result.Stdout.Length);
    }

    [Fact]
    public async Task A_long_log_is_cut_without_harm()
    {
        Plugin("logs", "#!/bin/sh\nhead -c 300000 /dev/zero >&2\necho fine\n");
        var result = Assert.Single(await Exec(Frame("logs")));
        Assert.Equal(CniExecOutcome.Exited, result.Outcome);
        Assert.Equal("fine\n", Text(result.Stdout));
        Assert.Equal(CniExecResultFrame.MaxStderr, result.Stderr.Length);
    }

    [Fact]
    public async Task A_plugin_that_never_ends_is_killed_at_the_calls_deadline()
    {
        Plugin("hangs", "#!/bin/sh\nexec tail -f /dev/null\n");
        var served = _agent.ServeAsync(peer =>
        {
            peer.Request();
            var result = peer.Exec(Frame("hangs"));
            peer.Send(new CniResultFrame(1, default).Encode().Span);
            return result;
        });
        var environment = CniBinary.With(
            CniBinary.Add(_agent.SocketPath), ("CNI_PATH", _plugins), ("FABRIC_CNI_DEADLINE_MS", "1200"));
        var run = await CniBinary.RunAsync(environment, "{}");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(CniExecOutcome.TimedOut, (await served).Outcome);
    }

    [Fact]
    public async Task A_plugin_inherits_neither_descriptors_nor_ignored_signals()
    {
        Plugin("files", "#!/bin/sh\nexec ls /proc/self/fd\n");
        Plugin("signals", "#!/bin/sh\nexec cat /proc/self/status\n");
        var results = await Exec(Frame("files"), Frame("signals"));
        // What the binary itself was started with passes through; nothing that it opened does.
        var bare = await CniBinary.RunAsync("/bin/ls", ["/proc/self/fd"], new Dictionary<string, string>(), []);
        Assert.Equal(bare.Stdout, Text(results[0].Stdout));
        var status = Text(results[1].Stdout);
        Assert.Contains("SigBlk:\t0000000000000000", status, StringComparison.Ordinal);
        // SIGPIPE is bit 12, SIGCHLD bit 16.
        var ignored = Convert.ToUInt64(status.Split("SigIgn:\t")[1][..16], 16);
        Assert.Equal(0UL, ignored & 0x11000);
    }

    [Fact]
    public async Task Input_longer_than_a_pipe_holds_reaches_a_plugin_that_writes_first()
    {
        Plugin("counts", "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x\nwc -c\n");
        var frame = new CniExecFrame(1, "counts", [], new byte[500_000]);
        var result = Assert.Single(await Exec(frame));
        Assert.EndsWith("500000\n", Text(result.Stdout), StringComparison.Ordinal);
    }
}
