using System.Net.Sockets;
using Fabric.Node.Tests;

namespace Fabric.Cli.Tests;

public sealed class FailureTests
{
    [Fact]
    public async Task Without_an_agent_the_socket_and_what_to_do_are_named()
    {
        var run = await CliBinary.RunAsync("/nonexistent/admin.sock", "status");

        Assert.Equal((3, ""), (run.ExitCode, run.Stdout));
        Assert.Contains("no agent at /nonexistent/admin.sock: there is no such socket", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("--journal", run.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_a_killed_agent_left_is_told_apart()
    {
        var directory = Directory.CreateTempSubdirectory("fab-t");
        try
        {
            var path = Path.Combine(directory.FullName, "admin.sock");
            // Bound but never listening: to a client the same as a socket file without a process.
            using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            dead.Bind(new UnixDomainSocketEndPoint(path));

            var run = await CliBinary.RunAsync("/nonexistent.sock", "ports", "--admin-socket", path);

            Assert.Equal(3, run.ExitCode);
            Assert.Contains($"no agent at {path}: nobody listens there", run.Stderr, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("stat")]
    [InlineData("status", "--output", "xml")]
    [InlineData("status", "--nothing")]
    [InlineData("events", "--since", "yesterday")]
    [InlineData("events", "--limit", "0")]
    [InlineData("events", "--follow", "--until", "1m")]
    [InlineData("events", "--journal", "/nonexistent.journal")]
    [InlineData("events", "--journal", "/etc/hostname", "--follow")]
    public async Task A_command_line_that_is_wrong_is_code_2_and_explained(params string[] arguments)
    {
        var run = await CliBinary.RunAsync("/nonexistent.sock", arguments);

        Assert.Equal((2, ""), (run.ExitCode, run.Stdout));
        Assert.StartsWith("fabric: ", run.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_journal_is_code_1()
    {
        var run = await CliBinary.RunAsync("/nonexistent.sock", "events", "--journal", "/etc/hostname");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("fabric: ", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("members")]
    [InlineData("mesh")]
    [InlineData("ports")]
    [InlineData("ips")]
    [InlineData("flows")]
    [InlineData("events")]
    [InlineData("version")]
    [InlineData("node")]
    [InlineData("node", "drain")]
    [InlineData("node", "undrain")]
    [InlineData("node", "remove")]
    [InlineData("cidr")]
    [InlineData("cidr", "add")]
    [InlineData("network")]
    [InlineData("network", "create")]
    [InlineData("network", "list")]
    [InlineData("network", "delete")]
    public async Task Help_of_each_command_has_an_example(params string[] command)
    {
        var run = await CliBinary.RunAsync("/nonexistent.sock", [.. command, "--help"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"Examples:\n  fabric {string.Join(' ', command)}", run.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_stops_in_the_middle_of_an_answer_is_told()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var process = CliBinary.Start(admin.SocketPath, "events", "--follow", "--limit", "1");
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(deadline.Token));

        await admin.DisposeAsync();
        await process.WaitForExitAsync(deadline.Token);

        Assert.Equal(3, process.ExitCode);
    }
}
