using Fabric.Contracts;

namespace Fabric.Actors.Tests;

/// <summary>The contract holds for one who settles and tries again, whatever fails on the way.</summary>
public sealed class FaultyJournalTests : NodeJournalContract
{
    private readonly FaultyJournal _journal = new(new MemoryJournal(), seed: 20260301, JournalFaults.Often,
        async (_, _) => await Task.Yield());

    [Fact]
    public async Task The_same_seed_fails_in_the_same_way()
    {
        Assert.Equal(await Trace(7), await Trace(7));
        Assert.NotEqual(await Trace(7), await Trace(8));
    }

    [Fact]
    public async Task Turned_off_faults_stop()
    {
        _journal.Faults = JournalFaults.None;
        for (var number = 0; number < 100; number++)
            Assert.IsType<AppendOutcome.Appended>(await _journal.AppendAsync(Appends.Next(A, number), default));
        Assert.Equal(0, _journal.Failures);
    }

    [Fact]
    public async Task An_unknown_append_is_sometimes_there_and_sometimes_not()
    {
        var there = new HashSet<bool>();
        for (var number = 0; number < 200; number++)
        {
            var append = Appends.Next(A, (await HeadOf(A)).LastSequenceNr);
            if (await _journal.AppendAsync(append, default) is AppendOutcome.Unknown)
                there.Add((await HeadOf(A)).LastCommitId == append.CommitId);
        }
        Assert.Equal(2, there.Count);
    }

    protected override ValueTask<IJournal> OpenAsync() => ValueTask.FromResult<IJournal>(_journal);

    private static async Task<string> Trace(ulong seed)
    {
        var journal = new FaultyJournal(new MemoryJournal(), seed, JournalFaults.Often);
        var appends = new SampleAppends();
        var trace = new List<string>();
        for (var number = 0; number < 100; number++)
            trace.Add((await journal.AppendAsync(appends.Next(A, 0), default)).GetType().Name);
        return string.Join(' ', trace);
    }
}
