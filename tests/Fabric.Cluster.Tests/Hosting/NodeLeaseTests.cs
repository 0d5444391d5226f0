using Fabric.Messages;

namespace Fabric.Cluster.Tests;

public sealed class NodeLeaseTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    private readonly MemoryClusterStore _store = new();

    [Fact]
    public void A_living_node_of_the_same_name_and_another_uid_is_not_displaced() => SimulatedLoop.Run(async time =>
    {
        using var end = new CancellationTokenSource();
        var first = Lease("a", "one", time);
        await first.AcquireAsync(end.Token);
        var running = first.RunAsync(end.Token);
        var refusal = await Assert.ThrowsAsync<NodeLeaseException>(() => Lease("a", "two", time).AcquireAsync(end.Token));
        Assert.Equal("name-taken", refusal.Code);
        Assert.Contains("uid one", refusal.Message);
        Assert.Contains("uid two", refusal.Message);
        Assert.True(time.Elapsed < Duration);
        end.Cancel();
        Assert.IsType<NodeLeaseEnd.Stopped>(await running);
    });

    [Fact]
    public void A_silent_node_of_the_same_name_is_replaced_after_the_lease_duration() => SimulatedLoop.Run(async time =>
    {
        await Lease("a", "one", time).AcquireAsync(default);
        var record = await Lease("a", "two", time).AcquireAsync(default);
        Assert.Equal(("two", 2L), (record.Uid, record.Incarnation));
        Assert.InRange(time.Elapsed, Duration, Duration + TimeSpan.FromSeconds(1));
    });

    [Fact]
    public void A_copied_state_directory_is_refused_while_the_original_lives() => SimulatedLoop.Run(async time =>
    {
        using var end = new CancellationTokenSource();
        var first = Lease("a", "same", time);
        await first.AcquireAsync(end.Token);
        var running = first.RunAsync(end.Token);
        var refusal = await Assert.ThrowsAsync<NodeLeaseException>(() => Lease("b", "same", time).AcquireAsync(end.Token));
        Assert.Equal("uid-in-use", refusal.Code);
        end.Cancel();
        await running;
    });

    [Fact]
    public void The_same_node_takes_over_at_once_and_its_older_incarnation_stops_at_its_next_renewal() =>
        SimulatedLoop.Run(async time =>
        {
            var first = Lease("a", "one", time);
            await first.AcquireAsync(default);
            var running = first.RunAsync(default);
            var record = await Lease("a", "one", time, lastIncarnation: 5).AcquireAsync(default);
            Assert.Equal(6, record.Incarnation);
            Assert.Equal(TimeSpan.Zero, time.Elapsed);
            var end = Assert.IsType<NodeLeaseEnd.Displaced>(await running);
            Assert.Equal(6, end.By.Incarnation);
            Assert.True(time.Elapsed <= Duration / 3 + TimeSpan.FromMilliseconds(1));
        });

    [Theory]
    [InlineData(NodeLeaseState.Stopped)]
    [InlineData(NodeLeaseState.Left)]
    public void A_farewell_is_the_last_content_and_another_node_may_have_the_name_at_once(NodeLeaseState state) =>
        SimulatedLoop.Run(async time =>
        {
            using var end = new CancellationTokenSource();
            var lease = Lease("a", "one", time);
            await lease.AcquireAsync(default);
            var running = lease.RunAsync(end.Token);
            end.Cancel();
            await running;
            Assert.Null(await lease.FarewellAsync(state));
            var stored = Assert.Single(await _store.ReadLeasesAsync(NodeLeaseRecord.Prefix, default));
            Assert.Equal(state, NodeLeaseRecord.TryDecode(stored.Value.Span)!.State);
            var other = await Lease("a", "two", time).AcquireAsync(default);
            Assert.Equal(("two", TimeSpan.Zero), (other.Uid, time.Elapsed));
            Assert.Contains("another's", await lease.FarewellAsync(state));
        });

    [Fact]
    public void A_lease_that_somebody_deleted_is_written_again() => SimulatedLoop.Run(async time =>
    {
        using var end = new CancellationTokenSource();
        var lease = Lease("a", "one", time);
        await lease.AcquireAsync(default);
        var running = lease.RunAsync(end.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(1), time);
        var stored = Assert.Single(await _store.ReadLeasesAsync("", default));
        await _store.DeleteLeaseAsync(stored.Name, stored.Version, default);
        await Task.Delay(Duration / 2, time);
        Assert.Single(await _store.ReadLeasesAsync("", default));
        end.Cancel();
        await running;
    });

    private NodeLease Lease(string name, string uid, TimeProvider time, long lastIncarnation = 0) => new(_store,
        new NodeIdentity(new NodeName(name), uid, lastIncarnation, [IpAddress.Parse("192.0.2.1")], [IpAddress.Parse("192.0.2.1")], "0.1.0", 1),
        Duration, time, _ => { });
}
