using Fabric.Linux.Route;

namespace Fabric.Linux.Tests;

public sealed class LinkMonitorTests
{
    [SkippableFact]
    public async Task Links_that_come_change_and_go_are_reported_in_order()
    {
        ScratchNamespace.Require();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var scratch = new ScratchNamespace();
        using var monitor = LinkMonitor.OpenIn(scratch.Handle);
        using var netlink = RouteNetlink.OpenIn(scratch.Handle);
        await using var events = monitor.ReadAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
        var first = events.MoveNextAsync();
        Assert.False(first.IsCompleted);

        var link = netlink.CreateVeth(new VethPair { Name = "fabt0", PeerName = "fabt1" });
        netlink.ChangeLink(link.Index, new LinkChange { Alias = "mine", Up = true });
        netlink.DeleteLink(link.Index);

        var seen = new List<LinkEvent>();
        Assert.True(await first);
        do
            seen.Add(events.Current);
        while (!(events.Current is LinkEvent.Removed { Link.Name: "fabt0" }) && await events.MoveNextAsync());
        Assert.Contains(seen, e => e is LinkEvent.Changed { Link: { Name: "fabt0", Alias: "mine", IsUp: true } });
        Assert.DoesNotContain(seen, e => e is LinkEvent.Overrun);
    }

    [SkippableFact]
    public async Task A_slow_reader_is_told_that_events_were_lost()
    {
        ScratchNamespace.Require();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var scratch = new ScratchNamespace();
        using var monitor = scratch.Handle.Run(() => LinkMonitor.Open(bufferBytes: 4096));
        using var netlink = RouteNetlink.OpenIn(scratch.Handle);
        // The kernel tells nobody about the alias of a link that is down.
        netlink.ChangeLink(1, new LinkChange { Up = true });
        for (var i = 0; i < 50; i++)
            netlink.ChangeLink(1, new LinkChange { Alias = $"a{i}" });

        await foreach (var item in monitor.ReadAsync(deadline.Token))
        {
            if (item is LinkEvent.Overrun)
                return;
        }
        Assert.Fail("the events ended");
    }

    [SkippableFact]
    public async Task Reading_ends_when_cancelled()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        using var monitor = LinkMonitor.OpenIn(scratch.Handle);
        using var cancel = new CancellationTokenSource();
        await using var events = monitor.ReadAsync(cancel.Token).GetAsyncEnumerator();
        var next = events.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }
}
