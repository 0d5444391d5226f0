using System.Text;
using Fabric.Actors;
using Fabric.Cluster;

namespace Fabric.Contracts;

/// <summary>
/// What every cluster store promises beyond a journal: watches, leases, and writers that share the storage.
/// </summary>
public abstract class ClusterStoreContract : JournalContract
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    // Against a store that forgets to wake its watchers; no test takes that long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected IClusterStore Store => (IClusterStore)Journal;

    /// <summary>Another process's connection to the same storage, as far as one process can have it.</summary>
    protected abstract ValueTask<IClusterStore> OpenAnotherAsync();

    [SkippableFact]
    public async Task A_watch_gives_what_is_there_and_then_what_others_append()
    {
        await Appended(A, 0, 3);
        await using var other = await OpenAnotherAsync();
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Store.WatchAsync(A, 2, patience.Token).GetAsyncEnumerator();
        Assert.Equal([2L, 3], await Take(watch, 2));
        var next = watch.MoveNextAsync();
        Assert.False(next.IsCompleted);
        Assert.IsType<AppendOutcome.Appended>(await other.AppendAsync(Appends.Next(A, 3, 2), default));
        Assert.True(await next);
        Assert.Equal(4, watch.Current.SequenceNr);
        Assert.True(watch.Current.IsIntact);
        Assert.Equal([5L], await Take(watch, 1));
        await Appended(A, 5, 1);
        Assert.Equal([6L], await Take(watch, 1));
    }

    [SkippableFact]
    public async Task A_watch_of_a_stream_that_is_not_there_yet_waits_for_its_first_event()
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Store.WatchAsync(A, 1, patience.Token).GetAsyncEnumerator();
        var first = watch.MoveNextAsync();
        await Appended(B, 0, 1);
        await Appended(A, 0, 1);
        Assert.True(await first);
        Assert.Equal((A, 1L), (watch.Current.Stream, watch.Current.SequenceNr));
    }

    [SkippableFact]
    public async Task A_watch_from_a_pruned_number_says_that_there_is_a_gap()
    {
        await Appended(A, 0, 10);
        await Save(SampleAppends.Snapshot(A, 10));
        await Journal.PruneAsync(A, 6, default);
        var gap = await Assert.ThrowsAsync<StreamGapException>(() => First(5));
        Assert.Equal((A, 5L, 7L), (gap.Stream, gap.WantedSequenceNr, gap.NextSequenceNr));
        Assert.Equal(7, await First(7));
        await Journal.PruneAsync(A, 10, default);
        Assert.Equal(11, (await Assert.ThrowsAsync<StreamGapException>(() => First(9))).NextSequenceNr);

        async Task<long> First(long from)
        {
            using var patience = new CancellationTokenSource(Patience);
            await using var watch = Store.WatchAsync(A, from, patience.Token).GetAsyncEnumerator();
            return (await Take(watch, 1))[0];
        }
    }

    [SkippableFact]
    public async Task A_watch_ends_when_it_is_cancelled()
    {
        using var end = new CancellationTokenSource();
        await using var watch = Store.WatchAsync(A, 1, end.Token).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [SkippableFact]
    public async Task A_commit_above_the_limit_is_refused()
    {
        var events = (int)(ClusterStoreLimits.MaxCommitBytes / (ClusterStoreLimits.EnvelopeBytes + 20)) + 1;
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.AppendAsync(Appends.Next(A, 0, events), default));
        Assert.Equal(0, (await HeadOf(A)).LastSequenceNr);
    }

    [SkippableFact]
    public async Task A_lease_is_written_only_at_the_version_that_the_writer_knows()
    {
        var first = Assert.IsType<LeaseOutcome.Done>(await Put("node/a", "1", 0)).Version;
        var refused = Assert.IsType<LeaseOutcome.Conflict>(await Put("node/a", "2", 0)).Current;
        Assert.NotNull(refused);
        Assert.Equal((first, "1", Duration), (refused.Version, Text(refused), refused.Duration));
        var second = Assert.IsType<LeaseOutcome.Done>(await Put("node/a", "2", first)).Version;
        Assert.True(second > first);
        Assert.IsType<LeaseOutcome.Conflict>(await Put("node/a", "3", first));
        Assert.Equal("2", Text(Assert.Single(await Store.ReadLeasesAsync("node/", default))));
        Assert.Null(Assert.IsType<LeaseOutcome.Conflict>(await Put("node/b", "1", second)).Current);
    }

    [SkippableFact]
    public async Task A_deleted_lease_is_gone_and_its_versions_never_come_back()
    {
        var first = Assert.IsType<LeaseOutcome.Done>(await Put("node/a", "1", 0)).Version;
        Assert.IsType<LeaseOutcome.Conflict>(await Store.DeleteLeaseAsync("node/a", first + 1, default));
        Assert.IsType<LeaseOutcome.Done>(await Store.DeleteLeaseAsync("node/a", first, default));
        Assert.Empty(await Store.ReadLeasesAsync("", default));
        Assert.Null(Assert.IsType<LeaseOutcome.Conflict>(await Put("node/a", "2", first)).Current);
        await Reopen();
        Assert.True(Assert.IsType<LeaseOutcome.Done>(await Put("node/a", "2", 0)).Version > first);
    }

    [SkippableFact]
    public async Task Leases_are_listed_by_prefix_in_the_order_of_their_names()
    {
        foreach (var name in new[] { "node/b", "singleton", "node/a", "nodes", "node/B" })
            await Put(name, name, 0);
        Assert.Equal(["node/B", "node/a", "node/b"], (await Store.ReadLeasesAsync("node/", default)).Select(l => l.Name));
        Assert.Equal(5, (await Store.ReadLeasesAsync("", default)).Length);
    }

    [SkippableFact]
    public async Task A_lease_watch_gives_all_leases_and_then_what_others_change()
    {
        var a = Assert.IsType<LeaseOutcome.Done>(await Put("node/a", "1", 0)).Version;
        await Put("singleton", "1", 0);
        await using var other = await OpenAnotherAsync();
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = Store.WatchLeasesAsync("node/", patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.True(watch.Current.IsComplete);
        Assert.Equal("node/a", Assert.Single(watch.Current.Changes).Name);
        var next = watch.MoveNextAsync();
        Assert.IsType<LeaseOutcome.Done>(
            await other.PutLeaseAsync("node/b", Encoding.UTF8.GetBytes("2"), Duration, 0, default));
        Assert.True(await next);
        Assert.False(watch.Current.IsComplete);
        Assert.Equal("2", Text(Assert.Single(watch.Current.Changes).Lease!));
        await Store.DeleteLeaseAsync("node/a", a, default);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(new LeaseChange("node/a", null), Assert.Single(watch.Current.Changes));
    }

    [SkippableFact]
    public async Task Of_two_that_race_for_a_lease_one_gets_it()
    {
        await using var other = await OpenAnotherAsync();
        for (var round = 0; round < 20; round++)
        {
            var name = $"race/{round}";
            var outcomes = await Task.WhenAll(
                Task.Run(async () => await Store.PutLeaseAsync(name, "a"u8.ToArray(), Duration, 0, default)),
                Task.Run(async () => await other.PutLeaseAsync(name, "b"u8.ToArray(), Duration, 0, default)));
            Assert.Single(outcomes.OfType<LeaseOutcome.Done>());
            Assert.NotNull(Assert.Single(outcomes.OfType<LeaseOutcome.Conflict>()).Current);
        }
    }

    [SkippableFact]
    public async Task Of_two_that_race_for_a_stream_one_wins_each_number()
    {
        const int Each = 40;
        await using var other = await OpenAnotherAsync();
        await Task.WhenAll(Task.Run(() => StoreRace.RunAsync(Store, A, "a", Each)), Task.Run(() => StoreRace.RunAsync(other, A, "b", Each)));
        var events = await Read(A);
        Assert.Equal(Enumerable.Range(1, 2 * Each).Select(n => (long)n), events.Select(e => e.SequenceNr));
        Assert.Equal(Each, events.Count(e => e.CommitId.Writer == "a"));
    }

    protected ValueTask<LeaseOutcome> Put(string name, string value, long expectedVersion) =>
        Store.PutLeaseAsync(name, Encoding.UTF8.GetBytes(value), Duration, expectedVersion, default);

    private static string Text(Lease lease) => Encoding.UTF8.GetString(lease.Value.Span);

    private static async Task<List<long>> Take(IAsyncEnumerator<EventEnvelope> watch, int count)
    {
        var numbers = new List<long>();
        while (numbers.Count < count && await watch.MoveNextAsync())
            numbers.Add(watch.Current.SequenceNr);
        return numbers;
    }
}
