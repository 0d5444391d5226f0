using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class JournalLossLab() : EndToEndLab(2);

/// <summary>A node whose journal is lost while pods are attached: it is rebuilt from Open vSwitch, kernel and store.</summary>
public sealed class JournalLossTests(JournalLossLab lab) : IClassFixture<JournalLossLab>
{
    [SkippableTheory]
    [InlineData("deleted")]
    [InlineData("deleted after a crash")]
    [InlineData("truncated")]
    [InlineData("flipped")]
    public Task Pods_keep_their_connections_and_addresses_and_can_be_detached(string loss) => lab.TestAsync(async () =>
    {
        var node = lab.First;
        using var here = await node.AddPodAsync();
        using var neighbour = await node.AddPodAsync();
        using var remote = await lab.Second.AddPodAsync();
        LabWait.Until(() => here.Pings(remote.Address) && remote.Pings(neighbour.Address), "the other node's pod answers");
        var flows = node.Flows();
        using var local = RunningPing.Start(here, neighbour.Address);
        using var across = RunningPing.Start(here, remote.Address);

        // An orderly end moves the write-ahead log into the file; a crash leaves it.
        if (loss == "deleted after a crash")
            node.Agent!.Kill();
        else
            Assert.Equal(0, node.Agent!.Terminate());
        Lose(node.JournalPath, loss);
        await node.StartAsync();

        await node.WaitForEventAsync<NodeEvent.JournalReplaced>(_ => true, "the new journal says what it replaces");
        var replaced = (await node.EventsAsync()).Select(e => e.Event).OfType<NodeEvent.JournalReplaced>().Single();
        Assert.Contains("journal", replaced.Describe(), StringComparison.Ordinal);
        Assert.Equal(loss.StartsWith("deleted", StringComparison.Ordinal), replaced.KeptAs.Length == 0);
        // Before the next pod: the userspace datapath may lose a packet of a tunnel whenever a port is added.
        await local.MustHaveLostNothingAsync();
        await across.MustHaveLostNothingAsync();
        using var later = await node.AddPodAsync();
        Assert.DoesNotContain(later.Address, new[] { here.Address, neighbour.Address });
        Assert.True(later.Pings(here.Address) && later.Pings(remote.Address));
        (await here.CheckAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(node, here, neighbour, later);

        (await later.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(node, here, neighbour);
        Assert.Equal(flows, node.Flows());
        (await neighbour.DelAsync()).MustSucceed();
        (await here.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(node);
    });

    private static void Lose(string path, string loss)
    {
        if (loss.StartsWith("deleted", StringComparison.Ordinal))
        {
            File.Delete(path);
            return;
        }
        var bytes = File.ReadAllBytes(path);
        if (loss == "truncated")
        {
            bytes = bytes[..(bytes.Length / 2)];
        }
        else
        {
            // In each page, so that SQLite itself can't follow them.
            for (var at = 2000; at < bytes.Length; at += 4096)
                bytes[at] ^= 0xFF;
        }
        File.WriteAllBytes(path, bytes);
    }
}
