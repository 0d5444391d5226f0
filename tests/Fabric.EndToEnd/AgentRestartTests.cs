using System.Diagnostics;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class RestartLab() : EndToEndLab(2);

public sealed class AgentRestartTests(RestartLab lab) : IClassFixture<RestartLab>
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public Task No_packet_is_lost_while_the_agents_restart(bool killed) => lab.TestAsync(async () =>
    {
        using var here = await lab.First.AddPodAsync();
        using var neighbour = await lab.First.AddPodAsync();
        using var remote = await lab.Second.AddPodAsync();
        LabWait.Until(() => here.Pings(remote.Address), "the other node's pod answers");
        using var local = RunningPing.Start(here, neighbour.Address);
        using var across = RunningPing.Start(here, remote.Address);
        foreach (var node in lab.Nodes)
        {
            if (killed)
                node.Agent!.Kill();
            else
                Assert.Equal(0, node.Agent!.Terminate());
        }
        await Task.WhenAll(lab.Nodes.Select(n => n.StartAsync()));
        await local.MustHaveLostNothingAsync();
        await across.MustHaveLostNothingAsync();
        (await here.CheckAsync()).MustSucceed();
    });

    [SkippableFact]
    public Task With_the_store_unreachable_pods_attach_from_the_journals_cidr() => lab.TestAsync(async () =>
    {
        Skip.If(!File.Exists("/usr/bin/python3"), "python3, which locks the store, is not installed");
        var node = lab.First;
        using var before = await node.AddPodAsync();
        using var remote = await lab.Second.AddPodAsync();
        LabWait.Until(() => before.Pings(remote.Address), "the other node's pod answers");
        var joins = Joins(node);
        node.Agent!.Kill();
        using (var locker = LockStore(node.Options["cluster-store"]["sqlite:".Length..]))
        {
            await node.StartAsync();
            using var pod = await node.AddPodAsync();
            Assert.True(pod.Pings(before.Address));
            Assert.True(pod.Pings(remote.Address), "the mesh is known from the journal");
            (await pod.DelAsync()).MustSucceed();
            Assert.Equal(joins, Joins(node));
            locker.StandardInput.Close();
            locker.WaitForExit();
        }
        await LabWait.UntilAsync(() => Task.FromResult(Joins(node) > joins), "it joins once the store can be written",
            TimeSpan.FromSeconds(40));
    });

    [SkippableFact]
    public Task An_agent_whose_store_does_not_answer_has_the_time_to_stop_in_good_order() => lab.TestAsync(async () =>
    {
        Skip.If(!File.Exists("/usr/bin/python3"), "python3, which locks the store, is not installed");
        var node = lab.First;
        try
        {
            using (var locker = LockStore(node.Options["cluster-store"]["sqlite:".Length..]))
            {
                Assert.Equal(0, node.Agent!.Terminate());
                locker.StandardInput.Close();
                locker.WaitForExit();
            }
            Assert.Contains("the cluster could not be told that this agent stops", node.Log, StringComparison.Ordinal);
        }
        finally
        {
            await node.StartAsync();
        }
    });

    [SkippableFact]
    public Task A_second_agent_of_the_same_name_refuses_to_start_naming_both() => lab.TestAsync(async () =>
    {
        var mine = await File.ReadAllTextAsync(Path.Combine(lab.First.Options["state-dir"], "node-uid"));
        using var twin = lab.NewNode();
        twin.Options["node-name"] = lab.First.Lab.Name;
        Assert.Equal(1, twin.Launch().WaitForExit());
        var theirs = await File.ReadAllTextAsync(Path.Combine(twin.Options["state-dir"], "node-uid"));
        Assert.Contains(mine.Trim(), twin.Log, StringComparison.Ordinal);
        Assert.Contains(theirs.Trim(), twin.Log, StringComparison.Ordinal);
        using var pod = await lab.First.AddPodAsync();
    });

    [SkippableFact]
    public Task A_second_agent_on_the_same_state_directory_is_refused() => lab.TestAsync(async () =>
    {
        var log = lab.First.LogFile + ".second";
        using var second = AgentProcess.Start(lab.First.Namespace, log, lab.First.Options);
        Assert.Equal(1, second.WaitForExit());
        Assert.Contains(lab.First.Options["state-dir"], await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        using var pod = await lab.First.AddPodAsync();
    });

    [SkippableTheory]
    [InlineData("header")]
    [InlineData("payload")]
    [InlineData("truncated")]
    public Task A_damaged_journal_is_set_aside_and_reported(string damage) => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using (var pod = await node.AddPodAsync())
            (await pod.DelAsync()).MustSucceed();
        // An orderly end moves the log into the file itself.
        Assert.Equal(0, node.Agent!.Terminate());
        Damage(node.JournalPath, damage);
        await node.StartAsync();
        Assert.NotEmpty(Directory.GetFiles(node.Options["state-dir"], "journal.db.damaged-*"));
        await node.WaitForEventAsync<NodeEvent.JournalReplaced>(_ => true, "the replacement is an event of the new journal");
        using var after = await node.AddPodAsync();
        await Leaks.MustBeExactlyAsync(node, after);
    });

    private static int Joins(EndToEndNode node) => node.Log.Split("joined cluster").Length - 1;

    internal static Process LockStore(string path)
    {
        var start = new ProcessStartInfo("/usr/bin/python3")
        {
            ArgumentList =
            {
                "-c", "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('BEGIN EXCLUSIVE')\n"
                    + "print('locked',flush=True)\nsys.stdin.read()",
                path,
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var locker = Process.Start(start)!;
        Assert.Equal("locked", locker.StandardOutput.ReadLine());
        return locker;
    }

    private static void Damage(string path, string damage)
    {
        File.Delete(path + "-shm");
        File.Delete(path + "-wal");
        var bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case "header":
                bytes.AsSpan(0, 100).Fill(0xAA);
                break;
            case "payload":
                // One digit within an event's JSON: SQLite can't see it, the event's own checksum does.
                var at = bytes.AsSpan().IndexOf("\"incarnation\":"u8);
                bytes[at + "\"incarnation\":".Length] ^= 1;
                break;
            default:
                bytes = bytes[..(bytes.Length / 2)];
                break;
        }
        File.WriteAllBytes(path, bytes);
    }
}
