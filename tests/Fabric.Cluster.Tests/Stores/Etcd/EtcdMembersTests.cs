using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Three members, of which some fail.</summary>
public sealed class EtcdMembersTests : IDisposable
{
    private static readonly PersistenceId A = new("mesh", "a");

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly SampleAppends _appends = new();
    private readonly LabEtcd? _etcd = LabEtcd.Missing is null ? LabEtcd.Start(members: 3) : null;

    private LabEtcd Etcd
    {
        get
        {
            Skip.If(_etcd is null, LabEtcd.Missing);
            return _etcd!;
        }
    }

    public void Dispose()
    {
        _etcd?.Dispose();
        _patience.Dispose();
    }

    [SkippableFact]
    public async Task Writers_and_watchers_go_on_when_the_member_that_they_use_is_killed()
    {
        await using var store = EtcdClusterStore.Open(SharedEtcd.NewPlace(Etcd), "default", TimeProvider.System);
        await SettleAsync(store, 0);
        await using var watch = store.WatchAsync(A, 1, _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        Etcd.Kill(0);
        await SettleAsync(store, 1);
        Assert.True(await next);
        Assert.Equal(2, watch.Current.SequenceNr);
        Etcd.Restart(0);
        Etcd.Kill(1);
        next = watch.MoveNextAsync();
        await SettleAsync(store, 2);
        Assert.True(await next);
        Assert.Equal(3, watch.Current.SequenceNr);
    }

    [SkippableFact]
    public async Task A_member_that_hangs_is_given_up_for_the_next_within_the_deadline()
    {
        await using var store = EtcdClusterStore.Open(SharedEtcd.NewPlace(Etcd), "default", TimeProvider.System);
        await SettleAsync(store, 0);
        await using var watch = store.WatchAsync(A, 1, _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        Etcd.Freeze(0);
        try
        {
            // Fails at the frozen member, and so tells that the watch there is to be given up as well.
            await SettleAsync(store, 1);
            Assert.True(await next);
            Assert.Equal(2, watch.Current.SequenceNr);
        }
        finally
        {
            Etcd.Thaw(0);
        }
    }

    [SkippableFact]
    public async Task Without_a_majority_appends_are_unknown_and_nothing_is_lost_when_it_returns()
    {
        await using var store = EtcdClusterStore.Open(SharedEtcd.NewPlace(Etcd), "default", TimeProvider.System);
        await SettleAsync(store, 0);
        Etcd.Kill(1);
        Etcd.Kill(2);
        var append = _appends.Next(A, 1);
        Assert.IsType<AppendOutcome.Unknown>(await store.AppendAsync(append, default));
        Assert.True((await Assert.ThrowsAsync<JournalException>(async () => await store.ReadHeadAsync(A, default))).IsTransient);
        Etcd.Restart(1);
        var head = await store.ReadHeadAsync(A, default);
        Assert.True(head.LastSequenceNr == 1 || head.LastCommitId == append.CommitId);
        await SettleAsync(store, head.LastSequenceNr);
    }

    [SkippableFact]
    public async Task Members_are_tried_in_the_order_in_which_they_are_named()
    {
        await using var first = new LabProxy(Etcd.Endpoints[0]);
        await using var second = new LabProxy(Etcd.Endpoints[1]);
        await using var third = new LabProxy(Etcd.Endpoints[2]);
        var options = SharedEtcd.Options($"etcd://{first.Endpoint},{second.Endpoint},{third.Endpoint}?prefix=/order");
        await using var store = EtcdClusterStore.Open(options, "default", TimeProvider.System);
        await SettleAsync(store, 0);
        Assert.Equal((0, 0), (second.Requests, third.Requests));
        first.SetDown(true);
        await SettleAsync(store, 1);
        Assert.Equal(0, third.Requests);
        Assert.NotEqual(0, second.Requests);
        first.SetDown(false);
        var before = first.Requests;
        await SettleAsync(store, 2);
        Assert.Equal((before, 0), (first.Requests, third.Requests));
    }

    [SkippableFact]
    public async Task Members_of_two_clusters_are_not_taken_for_one()
    {
        var options = SharedEtcd.Options($"{Etcd.Uri},{SharedEtcd.Etcd.Endpoints[0]}?prefix=/mixed");
        await using var store = EtcdClusterStore.Open(options, "default", TimeProvider.System);
        await SettleAsync(store, 0);
        Etcd.KillAll();
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await store.ReadHeadAsync(A, default));
        Assert.Contains("must name the members of one cluster", failure.Message);
    }

    [SkippableFact]
    public async Task An_etcd_that_has_lost_its_data_is_noticed()
    {
        await using var store = EtcdClusterStore.Open(SharedEtcd.NewPlace(Etcd), "default", TimeProvider.System);
        for (var number = 0; number < 5; number++)
            await SettleAsync(store, number);
        await using var watch = store.WatchAsync(A, 5, _patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        Etcd.StartAnew();
        Assert.Equal(0, (await store.ReadHeadAsync(A, default)).LastSequenceNr);
        await Assert.ThrowsAsync<JournalException>(async () => await next);
        await using var again = store.WatchAsync(A, 6, _patience.Token).GetAsyncEnumerator();
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await again.MoveNextAsync());
        Assert.True(failure.IsTransient);
        Assert.Contains("restored from a backup", failure.Message);
    }

    /// <summary>Appends as a host does: what is unknown is looked up.</summary>
    private async Task SettleAsync(EtcdClusterStore store, long expected)
    {
        var append = _appends.Next(A, expected);
        while (true)
        {
            _patience.Token.ThrowIfCancellationRequested();
            switch (await store.AppendAsync(append, _patience.Token))
            {
                case AppendOutcome.Appended:
                    return;
                case AppendOutcome.Conflict conflict:
                    Assert.Equal(append.CommitId, conflict.Head.LastCommitId);
                    return;
            }
        }
    }
}
