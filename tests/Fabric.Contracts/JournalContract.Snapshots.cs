using System.Text;

namespace Fabric.Contracts;

public abstract partial class JournalContract
{
    [SkippableFact]
    public async Task The_newest_snapshot_is_read_also_after_reopening()
    {
        await Appended(A, 0, 10);
        foreach (var number in new[] { 2, 4, 6, 10 })
            await Save(SampleAppends.Snapshot(A, number, $"{{\"at\":{number}}}"));
        await Reopen();
        var snapshot = await Retry(() => Journal.ReadSnapshotAsync(A, default));
        Assert.NotNull(snapshot);
        Assert.Equal((10L, "sample-state/1"), (snapshot.SequenceNr, snapshot.Manifest));
        Assert.Equal(SampleAppends.Snapshot(A, 10).Hlc, snapshot.Hlc);
        Assert.Equal("{\"at\":10}", Encoding.UTF8.GetString(snapshot.Payload.Span));
        Assert.Equal(10, (await HeadOf(A)).SnapshotSequenceNr);
    }

    [SkippableFact]
    public async Task An_older_snapshot_is_ignored_and_one_at_the_same_place_replaces()
    {
        await Appended(A, 0, 10);
        await Save(SampleAppends.Snapshot(A, 8, "first"));
        await Save(SampleAppends.Snapshot(A, 5, "older"));
        await Save(SampleAppends.Snapshot(A, 8, "second"));
        var snapshot = await Retry(() => Journal.ReadSnapshotAsync(A, default));
        Assert.Equal("second", Encoding.UTF8.GetString(snapshot!.Payload.Span));
    }

    [SkippableFact]
    public async Task A_snapshot_ahead_of_its_stream_is_refused()
    {
        await Appended(A, 0, 3);
        await AssertRefused(() => Journal.SaveSnapshotAsync(SampleAppends.Snapshot(A, 4), default));
        Assert.Equal(0, (await HeadOf(A)).SnapshotSequenceNr);
    }

    [SkippableFact]
    public async Task A_large_snapshot_comes_back_whole()
    {
        var state = new string('x', 3_000_000);
        await Appended(A, 0, 1);
        await Save(SampleAppends.Snapshot(A, 1, state));
        var snapshot = await Retry(() => Journal.ReadSnapshotAsync(A, default));
        Assert.Equal(state, Encoding.UTF8.GetString(snapshot!.Payload.Span));
    }

    [SkippableFact]
    public async Task Pruning_without_a_snapshot_is_refused()
    {
        await Appended(A, 0, 5);
        await AssertRefused(() => Journal.PruneAsync(A, 3, default));
        await Save(SampleAppends.Snapshot(A, 2));
        await AssertRefused(() => Journal.PruneAsync(A, 3, default));
        await Retry(() => Journal.PruneAsync(A, 2, default));
        Assert.Equal([3L, 4, 5], (await Read(A)).Select(e => e.SequenceNr));
    }

    [SkippableFact]
    public async Task Pruning_one_stream_leaves_the_others_whole()
    {
        await Appended(A, 0, 5);
        await Appended(B, 0, 5);
        await Save(SampleAppends.Snapshot(A, 5));
        await Retry(() => Journal.PruneAsync(A, 5, default));
        Assert.Equal(5, (await Read(B)).Count);
    }
}
