using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Node;
using Fabric.Node.Tests;

namespace Fabric.Cli.Tests;

/// <summary>What people read, compared with Golden/*.txt; and what programs read.</summary>
public sealed partial class OutputTests
{
    [Theory]
    [InlineData("status")]
    [InlineData("members")]
    [InlineData("mesh")]
    [InlineData("network", "list")]
    [InlineData("ports")]
    [InlineData("ports", "--verbose")]
    [InlineData("ips")]
    [InlineData("flows")]
    [InlineData("events", "--pod", "default/web-0")]
    [InlineData("events", "--limit", "4", "--verbose")]
    public async Task A_command_prints_what_its_golden_text_says(params string[] arguments)
    {
        await using var admin = await RunningAdmin.StartAsync();

        var run = await CliBinary.RunAsync(admin.SocketPath, arguments);

        Assert.Equal((0, ""), (run.ExitCode, run.Stderr));
        Golden.Check(string.Join(' ', arguments), JournalSize().Replace(run.Stdout, "SIZE"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("members")]
    [InlineData("mesh")]
    [InlineData("ports")]
    [InlineData("ips")]
    [InlineData("flows")]
    public async Task Json_is_one_document_as_the_agent_wrote_it(string command)
    {
        await using var admin = await RunningAdmin.StartAsync();

        var run = await CliBinary.RunAsync(admin.SocketPath, command, "--output", "json");

        Assert.Equal((0, ""), (run.ExitCode, run.Stderr));
        using var document = JsonDocument.Parse(run.Stdout);
        Assert.Equal("node-a", document.RootElement.GetProperty("node").GetString());
    }

    [Fact]
    public async Task The_mesh_has_a_column_for_bfd_where_it_is_on()
    {
        await using var admin = await RunningAdmin.StartAsync();
        admin.Node.WatchesPath("down");

        var run = await CliBinary.RunAsync(admin.SocketPath, "mesh");

        Assert.Equal((0, ""), (run.ExitCode, run.Stderr));
        Golden.Check("mesh with bfd", run.Stdout);
    }

    [Fact]
    public async Task A_journal_file_tells_the_same_events_as_its_agent()
    {
        await using var admin = await RunningAdmin.StartAsync();

        var asked = await CliBinary.RunAsync(admin.SocketPath, "events", "-v");
        var read = await CliBinary.RunAsync("/nonexistent.sock", "events", "-v", "--journal", admin.JournalPath);
        var json = await CliBinary.RunAsync("/nonexistent.sock", "events", "-o", "json", "--journal", admin.JournalPath);

        Assert.Equal((0, ""), (read.ExitCode, read.Stderr));
        Assert.Equal(asked.Stdout, read.Stdout);
        var first = JsonSerializer.Deserialize(json.Stdout.Split('\n')[0], AdminJson.Default.EventEntry)!;
        Assert.Equal((1, "agent-started/1"), (first.Ordering, first.Manifest));
    }

    [Fact]
    public async Task Status_of_a_node_that_is_not_ready_is_code_1()
    {
        await using var admin = await RunningAdmin.StartAsync();
        admin.Node.Readiness = new Readiness(50, "the pool is empty");

        var run = await CliBinary.RunAsync(admin.SocketPath, "status");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no (code 50): the pool is empty", run.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_prints_an_event_when_it_happens()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var process = CliBinary.Start(admin.SocketPath, "events", "--follow", "--limit", "1");
        try
        {
            var past = await process.StandardOutput.ReadLineAsync(deadline.Token);
            await admin.Node.HappenAsync(
                NodeLife.Id(new NodeName("node-a")), "-", 70_000, new NodeEvent.AgentStopped("asked to"));
            var now = await process.StandardOutput.ReadLineAsync(deadline.Token);

            Assert.Contains("detach requested: CNI DEL", past, StringComparison.Ordinal);
            Assert.EndsWith("agent stopped: asked to", now, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(deadline.Token);
        }
    }

    [Theory]
    [InlineData("drain node-b", "node", "drain", "node-b")]
    [InlineData("undrain node-b", "node", "undrain", "node-b")]
    [InlineData("remove node-b, uid 77aa, by force", "node", "remove", "node-b", "--uid", "77aa", "--force")]
    [InlineData("add 10.245.0.0/16 (/26 for each node)", "cidr", "add", "10.245.0.0/16", "--node-prefix-length", "26")]
    [InlineData("create blue, VNI 77, 10.9.0.0/24 (gateway 10.9.0.9, blocks of /27, without 10.9.0.250/32)", "network", "create", "blue",
        "--subnet", "10.9.0.0/24", "--gateway", "10.9.0.9", "--exclude", "10.9.0.250", "--vni", "77", "--block-prefix-length", "27")]
    [InlineData("delete blue", "network", "delete", "blue")]
    public async Task A_command_that_changes_the_cluster_says_what_was_done(string operation, params string[] arguments)
    {
        await using var admin = await RunningAdmin.StartAsync();

        var run = await CliBinary.RunAsync(admin.SocketPath, arguments);
        var json = await CliBinary.RunAsync(admin.SocketPath, [.. arguments, "--output", "json"]);

        Assert.Equal((0, "it is done\n", ""), (run.ExitCode, run.Stdout, run.Stderr));
        Assert.Equal([operation, operation], admin.Node.Operations);
        Assert.Equal("it is done", JsonSerializer.Deserialize(json.Stdout, AdminJson.Default.OperationAnswer)!.Done);
    }

    [Fact]
    public async Task An_operation_that_is_refused_is_code_1_and_a_wrong_parameter_code_2()
    {
        await using var admin = await RunningAdmin.StartAsync();
        admin.Node.Outcome = new OperationOutcome.Refused("node-up", "its agent runs");

        var refused = await CliBinary.RunAsync(admin.SocketPath, "node", "remove", "node-b");
        var wrong = await CliBinary.RunAsync(admin.SocketPath, "cidr", "add", "10.245.0.1/16");
        var missing = await CliBinary.RunAsync(admin.SocketPath, "node", "remove");

        Assert.Equal((1, "", "fabric: its agent runs\n"), (refused.ExitCode, refused.Stdout, refused.Stderr));
        Assert.Equal(2, wrong.ExitCode);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("See: fabric node remove --help", missing.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_members_prints_the_table_again_when_it_changed_and_only_then()
    {
        await using var admin = await RunningAdmin.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var process = CliBinary.Start(admin.SocketPath, "members", "--watch");
        try
        {
            await LineAsync(process, "as node-a", deadline.Token);
            admin.Node.ClusterChanges.Raise();
            admin.Node.SecondState = MemberState.Leaving;
            admin.Node.ClusterChanges.Raise();
            Assert.Contains("leaving", await LineAsync(process, "node-b", deadline.Token), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(deadline.Token);
        }
    }

    private static async Task<string> LineAsync(System.Diagnostics.Process process, string beginning, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }
        throw new InvalidOperationException($"no line begins with '{beginning}'");
    }

    [GeneratedRegex("[0-9.]+ [KM]iB")]
    private static partial Regex JournalSize();
}
