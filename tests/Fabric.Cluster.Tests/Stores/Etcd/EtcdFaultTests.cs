using System.Text;
using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>One member behind a network that fails.</summary>
public sealed class EtcdFaultTests : IAsyncLifetime
{
    private const string Txn = "/v3/kv/txn";
    private const string Watch = "/v3/watch";

    private static readonly PersistenceId A = new("mesh", "a");
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _patience = new(Patience);
    private readonly SampleAppends _appends = new();
    private LabProxy _proxy = null!;
    private EtcdOptions _direct = null!;
    private EtcdClusterStore _store = null!;
    private EtcdClusterStore _other = null!;

    public Task InitializeAsync()
    {
        Skip.If(LabEtcd.Missing is not null, LabEtcd.Missing);
        _direct = SharedEtcd.NewPlace();
        _proxy = new LabProxy(SharedEtcd.Etcd.Endpoints[0]);
        _store = EtcdClusterStore.Open(SharedEtcd.Options($"etcd://{_proxy.Endpoint}?prefix={_direct.Prefix}"), "default", TimeProvider.System);
        _other = EtcdClusterStore.Open(_direct, "default", TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        await _proxy.DisposeAsync();
        _patience.Dispose();
    }

    [SkippableFact]
    public async Task An_append_whose_answer_is_lost_is_unknown_and_settled_by_the_head()
    {
        await AppendAsync(_store, 0);
        _proxy.DropReplyTo(Txn);
        var append = _appends.Next(A, 1);
        var unknown = Assert.IsType<AppendOutcome.Unknown>(await _store.AppendAsync(append, default));
        Assert.Contains(_proxy.Endpoint, unknown.Reason);
        Assert.True(_proxy.HasDropped);
        var head = await _store.ReadHeadAsync(A, default);
        Assert.Equal((2L, append.CommitId), (head.LastSequenceNr, head.LastCommitId));
        await AppendAsync(_store, 2);
    }

    [SkippableFact]
    public async Task An_append_that_never_reached_etcd_is_unknown_and_the_head_has_not_moved()
    {
        await AppendAsync(_store, 0);
        _proxy.SetDown(true);
        Assert.IsType<AppendOutcome.Unknown>(await _store.AppendAsync(_appends.Next(A, 1), default));
        _proxy.SetDown(false);
        Assert.Equal(1, (await _store.ReadHeadAsync(A, default)).LastSequenceNr);
        await AppendAsync(_store, 1);
    }

    [SkippableFact]
    public async Task A_lease_write_whose_answer_is_lost_is_unknown_and_its_version_shows_that_it_took_effect()
    {
        var first = Assert.IsType<LeaseOutcome.Done>(await PutAsync(_store, "1", 0)).Version;
        _proxy.DropReplyTo(Txn);
        Assert.IsType<LeaseOutcome.Unknown>(await PutAsync(_store, "2", first));
        var lease = Assert.Single(await _store.ReadLeasesAsync("node/", default));
        Assert.True(lease.Version > first);
        Assert.Equal("2", Encoding.UTF8.GetString(lease.Value.Span));
    }

    [SkippableFact]
    public async Task Reads_of_a_store_that_is_away_fail_with_its_address_and_may_be_tried_again()
    {
        _proxy.SetDown(true);
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await _store.ReadHeadAsync(A, default));
        Assert.True(failure.IsTransient);
        Assert.Contains(_proxy.Endpoint, failure.Message);
        _proxy.SetDown(false);
        Assert.Equal(0, (await _store.ReadHeadAsync(A, default)).LastSequenceNr);
    }

    [SkippableFact]
    public async Task A_watch_that_is_cut_goes_on_where_it_was()
    {
        await AppendAsync(_other, 0);
        await using var watch = _store.WatchAsync(A, 1, _patience.Token).GetAsyncEnumerator();
        Assert.Equal(1, await NextAsync(watch));
        for (var number = 1; number <= 5; number++)
        {
            var next = watch.MoveNextAsync();
            await WatchIsOpenAsync();
            _proxy.Cut(Watch);
            await AppendAsync(_other, number);
            Assert.True(await next);
            Assert.Equal(number + 1, watch.Current.SequenceNr);
        }
    }

    [SkippableFact]
    public async Task A_watch_recovers_when_etcd_was_compacted_while_it_was_away()
    {
        await AppendAsync(_other, 0);
        await using var watch = _store.WatchAsync(A, 1, _patience.Token).GetAsyncEnumerator();
        Assert.Equal(1, await NextAsync(watch));
        var next = watch.MoveNextAsync();
        await WatchIsOpenAsync();
        _proxy.SetDeafTo(Watch);
        await AppendAsync(_other, 1);
        await AppendAsync(_other, 2);
        Compact();
        _proxy.SetDeafTo(null);
        _proxy.Cut(Watch);
        Assert.True(await next);
        Assert.Equal(2, watch.Current.SequenceNr);
        Assert.Equal(3, await NextAsync(watch));
    }

    [SkippableFact]
    public async Task A_watch_says_that_there_is_a_gap_when_events_were_pruned_while_it_was_away()
    {
        await AppendAsync(_other, 0);
        await using var watch = _store.WatchAsync(A, 1, _patience.Token).GetAsyncEnumerator();
        Assert.Equal(1, await NextAsync(watch));
        var next = watch.MoveNextAsync();
        await WatchIsOpenAsync();
        _proxy.SetDeafTo(Watch);
        for (var number = 1; number < 5; number++)
            await AppendAsync(_other, number);
        await _other.SaveSnapshotAsync(SampleAppends.Snapshot(A, 5), default);
        await _other.PruneAsync(A, 3, default);
        Compact();
        _proxy.SetDeafTo(null);
        _proxy.Cut(Watch);
        var gap = await Assert.ThrowsAsync<StreamGapException>(async () => await next);
        Assert.Equal((2L, 4L), (gap.WantedSequenceNr, gap.NextSequenceNr));
    }

    [SkippableFact]
    public async Task Whoever_watches_leases_is_told_when_it_could_not_hear()
    {
        await PutAsync(_other, "1", 0);
        await using var watch = _store.WatchLeasesAsync("node/", _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        await WatchIsOpenAsync();
        _proxy.Cut(Watch);
        Assert.True((await Assert.ThrowsAsync<JournalException>(async () => await next)).IsTransient);
    }

    [SkippableFact]
    public async Task A_lease_watch_that_has_gone_deaf_is_noticed()
    {
        var version = Assert.IsType<LeaseOutcome.Done>(await PutAsync(_other, "1", 0)).Version;
        await using var watch = _store.WatchLeasesAsync("node/", _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        await WatchIsOpenAsync();
        _proxy.SetDeafTo(Watch);
        await PutAsync(_other, "2", version);
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await next);
        Assert.True(failure.IsTransient);
        Assert.Contains("did not bring", failure.Message);
    }

    [SkippableFact]
    public async Task A_lease_watch_stays_quiet_while_nothing_is_renewed()
    {
        await PutAsync(_other, "1", 0);
        await using var watch = _store.WatchLeasesAsync("node/", _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        await WatchIsOpenAsync();
        // Two looks into the silence, each after half of the duration.
        var looks = _proxy.RequestsTo("/v3/kv/range");
        await LabWait.UntilAsync(() => Task.FromResult(_proxy.RequestsTo("/v3/kv/range") >= looks + 2), "silence is looked into");
        Assert.False(next.IsCompleted);
        await _other.DeleteLeaseAsync("node/a", Assert.Single(await _other.ReadLeasesAsync("", default)).Version, default);
        Assert.True(await next);
        Assert.Equal(new LeaseChange("node/a", null), Assert.Single(watch.Current.Changes));
    }

    [SkippableFact]
    public async Task All_streams_are_watched_by_one_request_and_leases_by_another()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_patience.Token);
        var waits = new List<Task>();
        for (var stream = 0; stream < 20; stream++)
        {
            var watch = _store.WatchAsync(new PersistenceId("mesh", $"n{stream}"), 1, end.Token).GetAsyncEnumerator();
            waits.Add(watch.MoveNextAsync().AsTask());
        }
        await AppendAsync(_other, 0);
        await using var a = _store.WatchAsync(A, 1, end.Token).GetAsyncEnumerator();
        Assert.Equal(1, await NextAsync(a));
        var next = a.MoveNextAsync();
        await WatchIsOpenAsync();
        await AppendAsync(_other, 1);
        Assert.True(await next);
        Assert.Equal(1, _proxy.RequestsTo(Watch));
        await using var leases = _store.WatchLeasesAsync("node/", end.Token).GetAsyncEnumerator();
        Assert.True(await leases.MoveNextAsync());
        var change = leases.MoveNextAsync();
        await PutAsync(_other, "1", 0);
        Assert.True(await change);
        Assert.Equal(2, _proxy.RequestsTo(Watch));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await leases.MoveNextAsync());
        foreach (var wait in waits)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    private async Task AppendAsync(EtcdClusterStore store, long expected) =>
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(_appends.Next(A, expected), default));

    private static ValueTask<LeaseOutcome> PutAsync(EtcdClusterStore store, string value, long expectedVersion) =>
        store.PutLeaseAsync("node/a", Encoding.UTF8.GetBytes(value), Duration, expectedVersion, default);

    private static async Task<long> NextAsync(IAsyncEnumerator<EventEnvelope> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current.SequenceNr;
    }

    private Task WatchIsOpenAsync() => LabWait.UntilAsync(() => Task.FromResult(_proxy.ConnectionsTo(Watch) == 1), "the watch is open");

    private void Compact()
    {
        var get = SharedEtcd.Etcd.Ctl("get", "none", "-w", "json");
        var revision = System.Text.Json.JsonDocument.Parse(get).RootElement.GetProperty("header").GetProperty("revision").GetInt64();
        SharedEtcd.Etcd.Ctl("compact", $"{revision}");
    }
}
