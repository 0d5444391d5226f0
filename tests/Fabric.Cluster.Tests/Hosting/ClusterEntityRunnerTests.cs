using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

public sealed class ClusterEntityRunnerTests
{
    private static readonly PersistenceId Id = PodCidr.Id("test");

    private readonly MemoryClusterStore _memory = new();
    private readonly UnsureStore _store;

    public ClusterEntityRunnerTests() => _store = new UnsureStore(_memory);

    [Fact]
    public void Two_writers_that_conflict_both_get_their_way_without_a_block_at_two_nodes() => SimulatedLoop.Run(async time =>
    {
        var (one, two) = (Runner("one", time, _store), Runner("two", time, _memory));
        await Configure(one);
        _store.Before = async () => Assert.IsType<AskResult.Replied>(await Assign(two, "b"));
        Assert.IsType<AskResult.Replied>(await Assign(one, "a"));
        await two.RefreshAsync(default);
        Assert.Equal(["10.244.1.0/24", "10.244.0.0/24"], one.State.Assigned.Values.Select(a => a.Cidrs.Single().ToString()));
        Assert.Equal(one.SequenceNr, two.SequenceNr);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_append_of_unknown_outcome_is_settled_and_never_doubled(bool written) => SimulatedLoop.Run(async time =>
    {
        var runner = Runner("one", time, _store);
        await Configure(runner);
        var before = runner.SequenceNr;
        _store.Unknowns.Enqueue(written);
        Assert.IsType<AskResult.Replied>(await Assign(runner, "a"));
        Assert.Equal(before + 1, (await _memory.ReadHeadAsync(Id, default)).LastSequenceNr);
        Assert.Single(runner.State.Assigned);
    });

    [Fact]
    public void A_store_that_stays_unsure_ends_in_unavailable() => SimulatedLoop.Run(async time =>
    {
        var runner = Runner("one", time, _store);
        await Configure(runner);
        for (var i = 0; i < 20; i++)
            _store.Unknowns.Enqueue(false);
        Assert.Contains("on purpose", Assert.IsType<AskResult.Unavailable>(await Assign(runner, "a")).Reason);
    });

    [Fact]
    public void A_writer_that_is_no_longer_the_one_to_decide_does_not_try_again() => SimulatedLoop.Run(async time =>
    {
        var (one, two) = (Runner("one", time, _store, mayRetry: false), Runner("two", time, _memory));
        await Configure(one);
        _store.Before = () => Assign(two, "b");
        Assert.IsType<AskResult.Unavailable>(await Assign(one, "a"));
    });

    [Fact]
    public void A_long_stream_is_pruned_behind_a_snapshot_and_a_new_runner_starts_from_it() => SimulatedLoop.Run(async time =>
    {
        var runner = Runner("one", time, _store);
        await Configure(runner);
        for (var round = 0; round < 3_000; round++)
        {
            Assert.IsType<AskResult.Replied>(await Assign(runner, "a"));
            await runner.AskAsync(new PodCidr.Command.Free([Node("a")], "test"), CorrelationId.None, default);
            await Task.Delay(TimeSpan.FromMinutes(10), time);
        }
        var head = await _memory.ReadHeadAsync(Id, default);
        Assert.InRange(head.SnapshotSequenceNr, head.LastSequenceNr - StreamRules.Default.SnapshotEvery, head.LastSequenceNr);
        var other = Runner("two", time, _memory);
        await other.RefreshAsync(default);
        Assert.Equal(runner.SequenceNr, other.SequenceNr);
        Assert.Equal(runner.State.Resting, other.State.Resting);
        var fold = new ClusterFold<PodCidr.State>(new PodCidr(), Id, _memory, ClusterEvents.Catalog, time);
        await using var steps = fold.FollowAsync(PodCidrState(), 2, default).GetAsyncEnumerator();
        Assert.True(await steps.MoveNextAsync());
        Assert.Equal(head.SnapshotSequenceNr, Assert.IsType<FoldStep<PodCidr.State>.Jumped>(steps.Current).SequenceNr);
    }, TimeSpan.FromDays(60));

    [Fact]
    public void A_writer_whose_stream_was_pruned_to_its_end_goes_on_from_the_snapshot() => SimulatedLoop.Run(async time =>
    {
        var one = Runner("one", time, _memory);
        var two = new ClusterEntityRunner<PodCidr.State>(new PodCidr(), Id, _memory, new StreamRules(ClusterEvents.Catalog, 1, 0),
            new ClusterWriter(new NodeName("two"), "uid-two", 1, time));
        await Configure(one);
        Assert.IsType<AskResult.Replied>(await Assign(two, "b"));
        var head = await _memory.ReadHeadAsync(Id, default);
        Assert.Equal(head.LastSequenceNr, head.SnapshotSequenceNr);
        Assert.IsType<AskResult.Replied>(await Assign(one, "a"));
        Assert.Equal(2, one.State.Assigned.Count);
    });

    [Fact]
    public void A_reinstalled_node_of_the_same_name_and_incarnation_uses_no_commit_id_again() => SimulatedLoop.Run(time =>
    {
        var (before, after) = (new NodeName("one"), new NodeName("one"));
        Assert.NotEqual(
            new ClusterWriter(before, "uid-1", 1, time).NextCommitId(), new ClusterWriter(after, "uid-2", 1, time).NextCommitId());
        return Task.CompletedTask;
    });

    [Fact]
    public void An_event_that_comes_between_two_looks_is_folded_and_not_missed() => SimulatedLoop.Run(async time =>
    {
        var (one, two) = (Runner("one", time, _store), Runner("two", time, _memory));
        await Configure(one);
        _store.BeforeHead = async () => Assert.IsType<AskResult.Replied>(await Assign(two, "b"));
        await one.RefreshAsync(default);
        Assert.Null(_store.BeforeHead);
        Assert.Equal(two.SequenceNr, one.SequenceNr);
    });

    [Fact]
    public void An_unknown_event_stops_folds_and_writers_by_name() => SimulatedLoop.Run(async time =>
    {
        var runner = Runner("one", time, _store);
        await Configure(runner);
        var head = await _memory.ReadHeadAsync(Id, default);
        var unknown = new EventEnvelope
        {
            Stream = Id, SequenceNr = head.LastSequenceNr + 1, CommitId = new CommitId("new", 1, 1), Hlc = default,
            WallTime = time.GetUtcNow(), Manifest = "pod-cidr-borrowed/1", Correlation = CorrelationId.None, Crc32C = 0,
            Payload = "{}"u8.ToArray(),
        }.Sealed();
        await _memory.AppendAsync(new Append(Id, head.LastSequenceNr, [unknown], Durability.Synced, []), default);
        Assert.Contains("pod-cidr-borrowed/1", Assert.IsType<AskResult.Unavailable>(await Assign(runner, "a")).Reason);
        Assert.NotNull(runner.Stall);
        var last = default(FoldStep<PodCidr.State>);
        await foreach (var step in new ClusterFold<PodCidr.State>(new PodCidr(), Id, _memory, ClusterEvents.Catalog, time)
            .FollowAsync(default))
            last = step;
        Assert.Contains("pod-cidr-borrowed/1", Assert.IsType<FoldStep<PodCidr.State>.Stalled>(last).Reason);
    });

    [Fact]
    public void An_event_that_a_member_can_not_read_is_not_written_before_that_member_can() => SimulatedLoop.Run(async time =>
    {
        var readable = 1;
        var catalog = new EventCatalog.Builder()
            .Add("pod-cidr-source-chosen/1", ClusterEventJson.Default.SourceChosen)
            .Add("cluster-cidr-added/1", ClusterEventJson.Default.ClusterCidrAdded)
            .Add("pod-cidr-assigned/2", ClusterEventJson.Default.PodCidrAssigned, level: 2)
            .Build();
        var runner = new ClusterEntityRunner<PodCidr.State>(
            new PodCidr(), Id, _memory, StreamRules.Default with { Catalog = catalog }, new ClusterWriter(new NodeName("one"), "uid-one", 1, time), _ => readable);
        Assert.IsType<AskResult.Replied>(await Configure(runner));
        var before = runner.SequenceNr;
        var refused = Assert.IsType<AskResult.Unavailable>(await Assign(runner, "a"));
        Assert.Contains("pod-cidr-assigned/2 has event level 2", refused.Reason);
        Assert.Equal(before, (await _memory.ReadHeadAsync(Id, default)).LastSequenceNr);
        readable = 2;
        Assert.IsType<AskResult.Replied>(await Assign(runner, "a"));
    });

    [Fact]
    public void An_event_with_a_new_version_is_written_in_the_old_one_while_a_member_reads_only_that() => SimulatedLoop.Run(async time =>
    {
        var readable = 1;
        var catalog = ClusterEvents.Catalog.With("pod-cidr-assigned/2", ClusterEventJson.Default.PodCidrAssigned);
        var runner = new ClusterEntityRunner<PodCidr.State>(
            new PodCidr(), Id, _memory, StreamRules.Default with { Catalog = catalog }, new ClusterWriter(new NodeName("one"), "uid-one", 1, time), _ => readable);
        await Configure(runner);
        await Assign(runner, "a");
        readable = catalog.Level;
        await Assign(runner, "b");
        var manifests = new List<string>();
        await foreach (var e in _memory.ReadAsync(Id, runner.SequenceNr - 1, default))
            manifests.Add(e.Manifest);
        Assert.Equal(["pod-cidr-assigned/1", "pod-cidr-assigned/2"], manifests);
    });

    [Fact]
    public void A_member_can_read_the_event_that_lets_it_in() => SimulatedLoop.Run(async time =>
    {
        var next = ClusterEvents.Catalog.With("member-up/2", ClusterEventJson.Default.MemberUp);
        var id = Membership.Id("fabric");
        var members = new ClusterEntityRunner<Membership.State>(new Membership(), id, _memory, StreamRules.Default with { Catalog = next },
            new ClusterWriter(new NodeName("one"), "uid-one", 1, time), state => state.EventLevel);
        foreach (var leases in new[] { new[] { Lease("new", 1, 2) }, [Lease("new", 2, 2)], [Lease("new", 2, 2), Lease("old", 1, 1)] })
            Assert.IsType<AskResult.Replied>(await members.AskAsync(new Membership.Command.Observe([.. leases]), CorrelationId.None, default));
        var manifests = new List<string>();
        await foreach (var e in _memory.ReadAsync(id, 1, default))
            manifests.Add(e.Manifest);
        Assert.Equal(
            ["member-joining/1", "member-up/1", "member-restarted/1", "member-up/2", "member-joining/1", "member-up/1"], manifests);

        static LeaseSighting Lease(string node, long incarnation, int eventLevel) => new(
            new NodeLeaseRecord(new NodeName(node), $"uid-{node}", incarnation, [], [], "1.0.0", eventLevel, NodeLeaseState.Up),
            LeaseLiveness.Live);
    });

    private static PodCidr.State PodCidrState() => new PodCidr().Initial;

    private static NodeRef Node(string name) => new(new NodeName(name), $"uid-{name}");

    private static ClusterEntityRunner<PodCidr.State> Runner(
        string writer, TimeProvider time, IClusterStore store, bool mayRetry = true) =>
        new(new PodCidr(), Id, store, StreamRules.Default, new ClusterWriter(new NodeName(writer), $"uid-{writer}", 1, time), null,
            _ => ValueTask.FromResult(mayRetry));

    private static Task<AskResult> Configure(ClusterEntityRunner<PodCidr.State> runner) => runner.AskAsync(
        new PodCidr.Command.Configure(PodCidr.SourceFabric, [new ClusterCidr(Cidr.Parse("10.244.0.0/16"), 24)]), CorrelationId.None,
        default);

    private static Task<AskResult> Assign(ClusterEntityRunner<PodCidr.State> runner, string node) =>
        runner.AskAsync(new PodCidr.Command.Assign([Node(node)], runner.State.Resting), CorrelationId.None, default);
}
