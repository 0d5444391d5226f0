using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>What every journal promises; inherited by the tests of each, and by journals that fail on purpose.</summary>
/// <remarks>
/// A journal may answer Unknown and fail a read with a transient error at any time, so the tests settle and try again as a
/// host does: that these rules suffice is part of the contract. Facts can be skipped, by InitializeAsync, where a journal's
/// server is not installed.
/// </remarks>
public abstract partial class JournalContract : IAsyncLifetime
{
    protected static readonly PersistenceId A = new("port", "a");
    protected static readonly PersistenceId B = new("port", "b");

    // A journal whose every answer is a failure is broken, not unlucky.
    private const int MostAttempts = 200;

    // Null where a skipped test never opened it.
    private IJournal? _journal;

    protected IJournal Journal
    {
        get => _journal!;
        private set => _journal = value;
    }

    protected SampleAppends Appends { get; } = new();

    /// <summary>Opens the storage of this test: the same one each time.</summary>
    protected abstract ValueTask<IJournal> OpenAsync();

    public virtual async Task InitializeAsync() => Journal = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        if (_journal is not null)
            await _journal.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_stream_that_was_never_written_has_an_empty_head()
    {
        Assert.Equal(StreamHead.Empty(A), await HeadOf(A));
        Assert.Empty(await Read(A));
        Assert.Null(await Retry(() => Journal.ReadSnapshotAsync(A, default)));
    }

    [SkippableFact]
    public async Task Events_come_back_exactly_as_they_were_appended_also_after_reopening()
    {
        var append = Appends.Next(A, 0, events: 60);
        var appended = Assert.IsType<AppendOutcome.Appended>(await Settle(append));
        Assert.Equal(new StreamHead(A, 60, append.CommitId, 0), appended.Head);
        AssertSame(append.Events, await Read(A));
        await Reopen();
        AssertSame(append.Events, await Read(A));
        Assert.Equal(appended.Head, await HeadOf(A));
    }

    [SkippableFact]
    public async Task Reading_from_the_middle_begins_there()
    {
        await Appended(A, 0, 10);
        Assert.Equal([7L, 8, 9, 10], (await Read(A, 7)).Select(e => e.SequenceNr));
        Assert.Empty(await Read(A, 11));
    }

    [SkippableFact]
    public async Task Streams_have_their_own_numbers()
    {
        await Appended(A, 0, 3);
        await Appended(B, 0, 2);
        await Appended(A, 3, 1);
        Assert.Equal(4, (await HeadOf(A)).LastSequenceNr);
        Assert.Equal(2, (await HeadOf(B)).LastSequenceNr);
        Assert.All(await Read(B), e => Assert.Equal(B, e.Stream));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(1000)]
    public async Task Append_anywhere_but_at_the_head_conflicts_and_changes_nothing(long expected)
    {
        await Appended(A, 0, 3);
        var head = await HeadOf(A);
        var conflict = Assert.IsType<AppendOutcome.Conflict>(await Settle(Appends.Next(A, expected, 2)));
        Assert.Equal(head, conflict.Head);
        Assert.Equal(head, await HeadOf(A));
        Assert.Equal(3, (await Read(A)).Count);
    }

    [SkippableFact]
    public async Task Append_beyond_the_head_of_an_unwritten_stream_conflicts()
    {
        var conflict = Assert.IsType<AppendOutcome.Conflict>(await Settle(Appends.Next(A, 1)));
        Assert.Equal(StreamHead.Empty(A), conflict.Head);
        Assert.Empty(await Read(A));
    }

    [SkippableFact]
    public async Task Append_below_the_pruned_horizon_conflicts()
    {
        await Appended(A, 0, 10);
        await Save(SampleAppends.Snapshot(A, 10));
        await Retry(() => Journal.PruneAsync(A, 8, default));
        foreach (var expected in new[] { 0L, 5, 8, 9 })
            Assert.IsType<AppendOutcome.Conflict>(await Settle(Appends.Next(A, expected)));
        await Appended(A, 10, 1);
        Assert.Equal([9L, 10, 11], (await Read(A)).Select(e => e.SequenceNr));
    }

    [SkippableFact]
    public async Task A_thousand_events_are_one_commit()
    {
        var append = Appends.Next(A, 0, 1000);
        Assert.IsType<AppendOutcome.Appended>(await Settle(append));
        AssertSame(append.Events, await Read(A));
        Assert.IsType<AppendOutcome.Conflict>(await Settle(Appends.Next(A, 999, 1000)));
        Assert.Equal(1000, (await Read(A)).Count);
    }

    [SkippableFact]
    public async Task The_highest_sequence_number_survives_pruning_and_reopening()
    {
        await Appended(A, 0, 5);
        await Save(SampleAppends.Snapshot(A, 5));
        await Retry(() => Journal.PruneAsync(A, 5, default));
        await Reopen();
        var head = await HeadOf(A);
        Assert.Equal((5L, 5L), (head.LastSequenceNr, head.SnapshotSequenceNr));
        Assert.NotNull(head.LastCommitId);
        Assert.Empty(await Read(A));
        await Appended(A, 5, 1);
        Assert.Equal([6L], (await Read(A)).Select(e => e.SequenceNr));
    }

    [SkippableFact]
    public async Task An_unknown_outcome_resolves_by_the_commit_id_in_the_head()
    {
        for (var number = 0; number < 50; number++)
        {
            var append = Appends.Next(A, number);
            await Settle(append);
            var head = await HeadOf(A);
            Assert.Equal((number + 1L, append.CommitId), (head.LastSequenceNr, head.LastCommitId));
        }
        Assert.Equal(Enumerable.Range(1, 50).Select(n => (long)n), (await Read(A)).Select(e => e.SequenceNr));
    }

    [SkippableFact]
    public async Task Of_concurrent_appenders_to_one_stream_exactly_one_wins_each_number()
    {
        const int writers = 8, each = 15;
        var won = await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => Compete(w, each))));
        var events = await Read(A);
        Assert.Equal(Enumerable.Range(1, writers * each).Select(n => (long)n), events.Select(e => e.SequenceNr));
        Assert.Equal(won.SelectMany(x => x).Select(c => c.ToString()).Order(), events.Select(e => e.CommitId.ToString()).Order());
    }

    [SkippableFact]
    public async Task An_append_that_contradicts_itself_is_refused()
    {
        var good = Appends.Next(A, 0, 2);
        Append[] bad =
        [
            good with { ExpectedSequenceNr = 1 },
            good with { Stream = B },
            good with { Events = [] },
            good with { Events = [good.Events[0], Appends.Next(A, 1).Events[0]] },
            good with { Events = [good.Events[0], good.Events[1] with { Manifest = "other/1" }] },
        ];
        foreach (var append in bad)
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Settle(append));
        Assert.Equal(0, (await HeadOf(A)).LastSequenceNr);
    }

    [SkippableFact]
    public async Task A_cancelled_append_writes_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Journal.AppendAsync(Appends.Next(A, 0), cancelled));
        Assert.Equal(0, (await HeadOf(A)).LastSequenceNr);
    }

    private async Task<List<CommitId>> Compete(int writer, int wins)
    {
        var appends = new SampleAppends($"writer-{writer}");
        var won = new List<CommitId>();
        while (won.Count < wins)
        {
            var append = appends.Next(A, (await HeadOf(A)).LastSequenceNr);
            if (await Settle(append) is AppendOutcome.Appended)
                won.Add(append.CommitId);
        }
        return won;
    }
}
