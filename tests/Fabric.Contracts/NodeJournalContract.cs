using System.Collections.Immutable;
using System.Threading.Channels;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>What a node's journal promises beyond <see cref="JournalContract"/>: order, followers, texts, folds, compaction.</summary>
public abstract partial class NodeJournalContract : JournalContract
{
    protected static readonly PersistenceId Fold = new("node-state", "node-a");

    protected INodeJournal NodeJournal => (INodeJournal)Journal;

    [Fact]
    public async Task All_streams_share_one_order_without_gaps_that_reopening_continues()
    {
        var written = new List<(PersistenceId, long)>();
        for (var round = 0; round < 20; round++)
        {
            var first = await Appended(A, round * 2, 2);
            Assert.Equal(written.Count + 1, first.FirstOrdering);
            written.AddRange([(A, round * 2 + 1), (A, round * 2 + 2)]);
            await Appended(B, round, 1);
            written.Add((B, round + 1));
            if (round == 10)
                await Reopen();
        }
        var all = await ReadAll();
        Assert.Equal(written, all.Select(e => (e.Stream, e.SequenceNr)));
        Assert.Equal(Enumerable.Range(1, 60).Select(n => (long)n), all.Select(e => e.Ordering));
        Assert.Equal(60, NodeJournal.LastOrdering);
        Assert.Equal([59L, 60], (await ReadAll(59)).Select(e => e.Ordering));
        Assert.Empty(await ReadAll(61));
    }

    [Fact]
    public async Task A_follower_has_the_batch_when_the_append_is_answered()
    {
        using var leave = new CancellationTokenSource();
        await Appended(A, 0, 1);
        var follower = NodeJournal.Follow(leave.Token);
        var append = Appends.Next(A, 1, 3);
        await Settle(append);
        Assert.True(follower.TryRead(out var batch));
        AssertSame(append.Events, batch);
        Assert.Equal([2L, 3, 4], batch.Select(e => e.Ordering));
        await leave.CancelAsync();
        await follower.Completion.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_follower_misses_nothing_and_sees_the_order_of_all_streams()
    {
        const int writers = 6, each = 40;
        using var leave = new CancellationTokenSource();
        var follower = NodeJournal.Follow(leave.Token);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => Write(w, each))));
        var followed = Drain(follower);
        Assert.Equal(Enumerable.Range(1, writers * each).Select(n => (long)n), followed.Select(e => e.Ordering));
        AssertSame(await ReadAll(), followed);
        await leave.CancelAsync();
    }

    [Fact]
    public async Task Following_and_then_reading_up_to_the_last_ordering_leaves_no_gap()
    {
        const int each = 200;
        using var leave = new CancellationTokenSource();
        var writing = Task.Run(() => Write(0, each));
        var follower = NodeJournal.Follow(leave.Token);
        var last = NodeJournal.LastOrdering;
        var before = (await ReadAll()).Where(e => e.Ordering <= last).ToList();
        await writing;
        var seen = before.Concat(Drain(follower).Where(e => e.Ordering > last)).Select(e => e.Ordering);
        Assert.Equal(Enumerable.Range(1, each).Select(n => (long)n), seen);
        await leave.CancelAsync();
    }

    [Fact]
    public async Task Closing_the_journal_ends_its_followers()
    {
        var follower = NodeJournal.Follow();
        await Reopen();
        await follower.Completion.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Texts_are_stored_once_and_unknown_ids_are_missing_in_the_answer()
    {
        var (x, y) = (InternedText.Of("priority=10,ip actions=drop"), InternedText.Of("priority=0 actions=NORMAL"));
        await Settle(Appends.Next(A, 0, texts: [x, y]));
        await Settle(Appends.Next(A, 1, texts: [x]));
        await Reopen();
        var found = await Texts(x.Id, y.Id, 42);
        Assert.Equal([x.Text, y.Text], [found[x.Id], found[y.Id]]);
        Assert.Equal(2, found.Count);
    }

    [Fact]
    public async Task Two_texts_with_one_id_are_refused_and_nothing_of_the_append_is_written()
    {
        var text = InternedText.Of("in_port=1 actions=output:2");
        await Settle(Appends.Next(A, 0, texts: [text]));
        var other = Appends.Next(A, 1, texts: [InternedText.Of("another"), text with { Text = "in_port=1 actions=drop" }]);
        await AssertRefused(async () => await Settle(other));
        Assert.Equal(1, (await HeadOf(A)).LastSequenceNr);
        Assert.Single(await Texts(text.Id, InternedText.Of("another").Id));
        await Appended(A, 1, 1);
        await Appended(B, 0, 1);
        Assert.Equal([1L, 2, 3], (await ReadAll()).Select(e => e.Ordering));
    }

    [Fact]
    public async Task A_fold_has_snapshots_by_ordering_and_takes_no_events()
    {
        await Appended(A, 0, 10);
        foreach (var ordering in new[] { 3, 6, 9 })
            await Save(SampleAppends.Snapshot(Fold, ordering, $"at {ordering}"));
        await Reopen();
        Assert.Equal(9, (await Retry(() => Journal.ReadSnapshotAsync(Fold, default)))!.SequenceNr);
        Assert.Equal(6, (await SnapshotAt(8))!.SequenceNr);
        Assert.Equal(3, (await SnapshotAt(3))!.SequenceNr);
        Assert.Null(await SnapshotAt(2));
        Assert.Equal(new StreamHead(Fold, 0, null, 9), await HeadOf(Fold));
        await AssertRefused(async () => await Settle(Appends.Next(Fold, 0)));
    }

    protected Task<List<EventEnvelope>> ReadAll(long from = 1) => ReadToEnd(() => NodeJournal.ReadAllAsync(from, default));

    protected Task<ImmutableDictionary<long, string>> Texts(params long[] ids) =>
        Retry(() => NodeJournal.ReadTextsAsync(ids, default));

    protected Task<Snapshot?> SnapshotAt(long ordering) => Retry(() => NodeJournal.ReadSnapshotAtAsync(Fold, ordering, default));

    protected static List<EventEnvelope> Drain(ChannelReader<ImmutableArray<EventEnvelope>> follower)
    {
        var events = new List<EventEnvelope>();
        while (follower.TryRead(out var batch))
            events.AddRange(batch);
        return events;
    }

    private async Task Write(int writer, int appends)
    {
        var samples = new SampleAppends($"writer-{writer}");
        for (var number = 0; number < appends; number++)
            Assert.IsType<AppendOutcome.Appended>(await Settle(samples.Next(new PersistenceId("port", $"p{writer}"), number)));
    }
}
