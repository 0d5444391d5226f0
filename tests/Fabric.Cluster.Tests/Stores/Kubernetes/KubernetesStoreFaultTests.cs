using System.Text;
using System.Text.Json.Nodes;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>What the API refuses, forgets or does without saying so, and what a crash leaves.</summary>
public sealed class KubernetesStoreFaultTests
{
    private static readonly PersistenceId A = new("membership", "fabric");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly StandInCluster _cluster = new();
    private readonly SampleAppends _appends = new();

    [Fact]
    public async Task A_commit_of_the_largest_size_comes_back_byte_for_byte()
    {
        await using var store = _cluster.Open();
        var size = ClusterStoreLimits.MaxCommitBytes - ClusterStoreLimits.EnvelopeBytes;
        // Nothing but quotes, what Go escapes, no text at all: text and base64 are both needed.
        foreach (var payload in new[] { Repeat("\"\",", size), Repeat("<&>", size), Repeat("x", size), [0xff, .. new byte[size - 1]] })
        {
            var last = (await store.ReadHeadAsync(A, default)).LastSequenceNr;
            var append = _appends.Next(A, last);
            append = append with { Events = [(append.Events[0] with { Payload = payload }).Sealed()] };
            Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(append, default));
            Assert.Equal(payload, (await Read(store, last + 1))[0].Payload.ToArray());
        }
        Assert.Empty(Spec(Journal())["tail"]!.AsArray());
    }

    [Fact]
    public async Task Many_small_events_in_one_large_commit_are_all_there_or_none()
    {
        await using var store = _cluster.Open();
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(_appends.Next(A, 0), default));
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(_appends.Next(A, 1, 4_000), default));
        Assert.Equal(4_001, (await Read(store, 1)).Count);
        Assert.True(_cluster.Objects("journalsegments").Count > 1);
    }

    [Theory]
    [InlineData("CREATE", "journalsegments")]
    [InlineData("PUT", "journals")]
    public async Task A_crash_before_the_journal_is_written_loses_and_doubles_nothing(string verb, string plural)
    {
        var api = _cluster.Connect();
        await using var dying = _cluster.Open(api: api);
        Assert.IsType<AppendOutcome.Appended>(await dying.AppendAsync(Large(0), default));
        if (verb == "CREATE")
            api.After = (r, _) => Lose(r.Verb == verb && r.Kind.Plural == plural);
        else
            api.Before = (r, _) => Lose(r.Verb == verb && r.Kind.Plural == plural);
        Assert.IsType<AppendOutcome.Unknown>(await dying.AppendAsync(Large(1), default));
        Assert.Equal(2, _cluster.Objects("journalsegments").Count);

        await using var next = _cluster.Open();
        Assert.Equal(1, (await next.ReadHeadAsync(A, default)).LastSequenceNr);
        Assert.IsType<AppendOutcome.Appended>(await next.AppendAsync(Large(1), default));
        Assert.Equal([1L, 2], (await Read(next, 1)).Select(e => e.SequenceNr));
        await Until(() => _cluster.Objects("journalsegments").Count == 2);
    }

    [Fact]
    public async Task A_segment_of_a_writer_that_is_about_to_refer_to_it_is_left_alone()
    {
        var (slow, reached, go) = (_cluster.Connect(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var first = _cluster.Open();
        Assert.IsType<AppendOutcome.Appended>(await first.AppendAsync(Large(0), default));
        await using var writer = _cluster.Open(api: slow);
        slow.Before = async (r, _) =>
        {
            if (r is { Verb: "PUT", Kind.Plural: "journals" } && reached.TrySetResult())
                await go.Task;
        };
        var writing = writer.AppendAsync(Large(1), default).AsTask();
        await reached.Task.WaitAsync(Patience);
        // Another process sweeps: it moves no journal, so the segment may still come into use.
        await using var other = _cluster.Open();
        Assert.IsType<AppendOutcome.Conflict>(await other.AppendAsync(_appends.Next(A, 5), default));
        go.SetResult();
        Assert.IsType<AppendOutcome.Appended>(await writing);
        Assert.Equal(2, (await Read(other, 1)).Count);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_found_by_the_commit_id()
    {
        var api = _cluster.Connect();
        await using var store = _cluster.Open(api: api);
        await store.AppendAsync(_appends.Next(A, 0), default);
        api.After = (r, _) => Lose(r.Verb == "PUT");
        var append = _appends.Next(A, 1);
        Assert.IsType<AppendOutcome.Unknown>(await store.AppendAsync(append, default));
        Assert.Equal(append.CommitId, (await store.ReadHeadAsync(A, default)).LastCommitId);
        // Sent again, it does not go in a second time.
        api.After = null;
        Assert.IsType<AppendOutcome.Conflict>(await store.AppendAsync(append, default));
        Assert.Equal(2, (await Read(store, 1)).Count);
    }

    [Fact]
    public async Task A_watch_goes_on_after_its_version_was_forgotten()
    {
        var api = _cluster.Connect();
        await using var store = _cluster.Open(api: api);
        await using var other = _cluster.Open();
        await other.AppendAsync(_appends.Next(A, 0), default);
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = store.WatchAsync(A, 1, patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        for (var number = 1; number < 6; number++)
        {
            var next = watch.MoveNextAsync();
            api.BreakWatches(number % 2 == 0 ? ApiFault.Unreachable : null);
            await other.AppendAsync(_appends.Next(A, number), default);
            _cluster.State.Compact(_cluster.State.Revision);
            Assert.True(await next);
            Assert.Equal(number + 1, watch.Current.SequenceNr);
        }
    }

    [Fact]
    public async Task Missing_kinds_are_named_with_what_to_apply()
    {
        var cluster = new StandInCluster(hasKinds: false);
        await using var store = cluster.Open();
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await store.ReadHeadAsync(A, default));
        Assert.Contains("kubectl apply -f k8s/base/crds", failure.Message);
        Assert.Contains("kubectl apply -f k8s/base/crds", Assert.IsType<AppendOutcome.Unknown>(
            await store.AppendAsync(_appends.Next(A, 0), default)).Reason);
        cluster.InstallKinds();
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(_appends.Next(A, 0), default));
    }

    [Fact]
    public async Task A_missing_role_is_named_with_what_to_apply()
    {
        var api = _cluster.Connect();
        api.Before = (r, _) => Task.FromException(new KubernetesException(r.ToString(), ApiFault.Forbidden, "forbidden", true));
        await using var store = _cluster.Open(api: api);
        var failure = await Assert.ThrowsAsync<JournalException>(async () => await store.ReadHeadAsync(A, default));
        Assert.Contains("kubectl apply -k k8s/base", failure.Message);
        Assert.True(failure.IsTransient);
        Assert.Contains("Role", Assert.IsType<LeaseOutcome.Unknown>(
            await store.PutLeaseAsync("singleton", "{}"u8.ToArray(), Patience, 0, default)).Reason);
    }

    [Fact]
    public async Task Nodes_that_renew_do_not_wake_who_watches_the_singleton()
    {
        var api = _cluster.Connect();
        await using var store = _cluster.Open(api: api);
        var node = Assert.IsType<LeaseOutcome.Done>(await store.PutLeaseAsync("node/a", "1"u8.ToArray(), Patience, 0, default)).Version;
        using var patience = new CancellationTokenSource(Patience);
        await using var watch = store.WatchLeasesAsync("singleton", patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Empty(watch.Current.Changes);
        Assert.IsType<LeaseOutcome.Done>(await store.PutLeaseAsync("node/a", "1"u8.ToArray(), Patience, node, default));
        Assert.IsType<LeaseOutcome.Done>(await store.PutLeaseAsync("singleton", "{\"node\":\"b\"}"u8.ToArray(), Patience, 0, default));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal("singleton", Assert.Single(watch.Current.Changes).Name);
        var leases = await api.ListAsync(LeaseObject.Resource, new ObjectQuery(StandInCluster.Namespace), 0, null, null, default);
        Assert.Contains(leases.Items, l => l.Spec?.HolderIdentity == "b");
    }

    [Fact]
    public async Task A_renewal_that_changes_nothing_has_a_version_of_its_own()
    {
        await using var store = _cluster.Open();
        var first = Assert.IsType<LeaseOutcome.Done>(await store.PutLeaseAsync("node/a", "1"u8.ToArray(), Patience, 0, default)).Version;
        var second = Assert.IsType<LeaseOutcome.Done>(await store.PutLeaseAsync("node/a", "1"u8.ToArray(), Patience, first, default)).Version;
        Assert.True(second > first);
    }

    private static Task Lose(bool loses) => loses
        ? Task.FromException(new KubernetesException("request", ApiFault.Unreachable, "the connection broke", isSurelyUndone: false))
        : Task.CompletedTask;

    private static byte[] Repeat(string text, int size) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, size / text.Length)));

    private static JsonNode Spec(JsonNode stored) => stored["spec"]!;

    private static async Task<List<EventEnvelope>> Read(KubernetesClusterStore store, long from)
    {
        var events = new List<EventEnvelope>();
        await foreach (var e in store.ReadAsync(A, from, default))
            events.Add(e);
        return events;
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private JsonObject Journal() => Assert.Single(_cluster.Objects("journals"));

    /// <summary>Larger than a tail, and than what another segment would take in.</summary>
    private Append Large(long after)
    {
        var append = _appends.Next(A, after);
        return append with { Events = [(append.Events[0] with { Payload = Repeat("x", 100_000) }).Sealed()] };
    }
}
