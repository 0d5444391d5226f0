using Fabric.Actors;

namespace Fabric.Contracts;

public abstract partial class NodeJournalContract
{
    private static readonly Retention AnyAge = new(TimeSpan.FromDays(10_000), 1L << 40);
    private static readonly DateTimeOffset Now = SampleAppends.Start.AddDays(30);

    [Fact]
    public async Task Compaction_drops_what_is_too_old_and_nothing_else()
    {
        await Settle(Appends.Next(A, 0, 700, at: Now.AddDays(-9)));
        await Settle(Appends.Next(A, 700, 20, at: Now.AddDays(-5)));
        await Save(SampleAppends.Snapshot(A, 720));
        var report = await Compact(new Retention(TimeSpan.FromDays(7), 1L << 40), folded: 720);
        Assert.Equal((701L, 0L), (report.FirstOrdering, report.HeldEvents));
        Assert.Equal(Enumerable.Range(701, 20).Select(n => (long)n), (await ReadAll()).Select(e => e.Ordering));
        var horizon = await Horizon();
        Assert.Equal((701L, 720L, 700L), (horizon.FirstOrdering, horizon.LastOrdering, horizon.DroppedThrough));
        Assert.Equal(Now.AddDays(-5), horizon.FirstTime);
        Assert.True(horizon.SizeBytes > 0);
    }

    [Fact]
    public async Task Compaction_by_size_drops_the_oldest_first()
    {
        for (var number = 0; number < 20; number++)
            await Settle(Appends.Next(A, number * 500, 500, at: Now));
        await Save(SampleAppends.Snapshot(A, 10_000));
        var before = (await Horizon()).SizeBytes;
        await Compact(AnyAge with { SizeBytes = before / 2 }, folded: 10_000);
        var left = await ReadAll();
        Assert.InRange(left.Count, 2_000, 8_000);
        Assert.Equal(10_000, left[^1].Ordering);
        Assert.Equal(left[^1].Ordering - left.Count + 1, left[0].Ordering);
        Assert.True((await Horizon()).SizeBytes < before * 3 / 4, "the space was given back");
    }

    [Fact]
    public async Task Compaction_stops_at_what_has_been_folded()
    {
        await Settle(Appends.Next(A, 0, 10, at: Now.AddDays(-9)));
        await Save(SampleAppends.Snapshot(A, 10));
        var report = await Compact(Retention.Default, folded: 4);
        Assert.Equal((5L, 6L), (report.FirstOrdering, report.HeldEvents));
        Assert.Null(report.HeldBy);
        Assert.Equal(6, (await ReadAll()).Count);
    }

    [Fact]
    public async Task Compaction_keeps_what_no_snapshot_covers_and_names_the_stream()
    {
        await Settle(Appends.Next(A, 0, 10, at: Now.AddDays(-9)));
        await Settle(Appends.Next(B, 0, 10, at: Now.AddDays(-9)));
        await Settle(Appends.Next(A, 10, 10, at: Now.AddDays(-9)));
        await Save(SampleAppends.Snapshot(A, 15));
        await Save(SampleAppends.Snapshot(B, 3));
        var report = await Compact(Retention.Default, folded: 30);
        Assert.Equal((12L, B), (report.HeldEvents, report.HeldBy));
        Assert.Equal([16L, 17, 18, 19, 20], (await Read(A)).Select(e => e.SequenceNr));
        Assert.Equal([4L, 5, 6, 7, 8, 9, 10], (await Read(B)).Select(e => e.SequenceNr));
        Assert.Equal(25, (await Horizon()).DroppedThrough);
        Assert.Equal(12, (await ReadAll()).Count);
    }

    [Fact]
    public async Task Orderings_and_numbers_go_on_after_everything_was_dropped()
    {
        await Settle(Appends.Next(A, 0, 10, at: Now.AddDays(-9)));
        await Save(SampleAppends.Snapshot(A, 10));
        var report = await Compact(Retention.Default, folded: 10);
        Assert.Equal(0, report.FirstOrdering);
        await Reopen();
        Assert.Equal(10, NodeJournal.LastOrdering);
        var horizon = await Horizon();
        Assert.Equal((0L, 10L, 10L), (horizon.FirstOrdering, horizon.LastOrdering, horizon.DroppedThrough));
        Assert.Equal(11, (await Appended(A, 10, 1)).FirstOrdering);
    }

    [Fact]
    public async Task A_text_stays_while_live_state_or_a_kept_event_refers_to_it()
    {
        var (live, removed, gone) = (InternedText.Of("live"), InternedText.Of("removed lately"), InternedText.Of("gone"));
        await Settle(Appends.Next(A, 0, at: Now.AddDays(-9), texts: [live, removed, gone]));
        await Settle(Appends.Next(A, 1, at: Now.AddDays(-8), texts: [gone]));
        await Settle(Appends.Next(A, 2, at: Now.AddDays(-1), texts: [removed]));
        await Save(SampleAppends.Snapshot(A, 3));
        Assert.Equal(0, (await Compact(Retention.Default, folded: 3)).DroppedTexts);
        Assert.Equal(3, (await Texts(live.Id, removed.Id, gone.Id)).Count);
        var report = await Compact(Retention.Default, folded: 3, live: new HashSet<long> { live.Id });
        Assert.Equal(1, report.DroppedTexts);
        var left = await Texts(live.Id, removed.Id, gone.Id);
        Assert.Equal([live.Text, removed.Text], [left[live.Id], left[removed.Id]]);
        Assert.Equal(2, left.Count);
    }

    [Fact]
    public async Task Snapshots_of_a_fold_go_when_an_event_that_they_need_is_dropped_but_never_the_newest()
    {
        await Settle(Appends.Next(A, 0, 10, at: Now.AddDays(-9)));
        await Settle(Appends.Next(A, 10, 10, at: Now.AddDays(-1)));
        await Save(SampleAppends.Snapshot(A, 20));
        foreach (var ordering in new[] { 5, 10, 15 })
            await Save(SampleAppends.Snapshot(Fold, ordering));
        await Compact(Retention.Default, folded: 15);
        Assert.Null(await SnapshotAt(9));
        Assert.Equal(10, (await SnapshotAt(14))!.SequenceNr);
        await Compact(new Retention(TimeSpan.Zero, 1L << 40), folded: 20);
        Assert.Equal(15, (await SnapshotAt(long.MaxValue))!.SequenceNr);
    }

    [Fact]
    public async Task An_empty_journal_has_a_horizon_and_can_be_compacted()
    {
        Assert.Equal((0L, 0L, 0L), ((await Horizon()).FirstOrdering, NodeJournal.LastOrdering, (await Horizon()).LastOrdering));
        var report = await Compact(Retention.Default, folded: 0, live: new HashSet<long>());
        Assert.Equal((0L, 0L), (report.DroppedEvents, report.DroppedTexts));
    }

    private Task<JournalHorizon> Horizon() => Retry(() => NodeJournal.ReadHorizonAsync(default));

    private Task<CompactionReport> Compact(Retention retention, long folded, IReadOnlySet<long>? live = null) =>
        Retry(() => NodeJournal.CompactAsync(retention, folded, live, Now, default));
}
