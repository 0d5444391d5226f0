using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Actors.Tests;

/// <summary>What is particular to the SQLite journal: groups, readers beside the writer, copies.</summary>
public sealed class SqliteNodeJournalTests : IDisposable
{
    private static readonly PersistenceId A = new("port", "a");
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly JournalDirectory _directory = new();
    private readonly SampleAppends _appends = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task In_a_group_commit_each_append_stands_alone()
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        var text = InternedText.Of("priority=1 actions=drop");
        await journal.AppendAsync(_appends.Next(A, 0, texts: [text]), default);
        using var held = Hold(_directory.File);
        // While another connection holds the file's write lock these wait together and become one group.
        var streams = Enumerable.Range(0, 20).Select(n => new PersistenceId("port", $"p{n}")).ToList();
        var first = journal.AppendAsync(_appends.Next(A, 1, durability: Durability.Synced), default).AsTask();
        var good = streams.Select(s => Synced(journal, _appends.Next(s, 0))).ToList();
        var twice = streams.Select(s => Synced(journal, _appends.Next(s, 0))).ToList();
        var collides = Synced(journal, _appends.Next(A, 2, texts: [text with { Text = "other" }]));
        var last = Synced(journal, _appends.Next(A, 2));
        held.Dispose();

        await first.WaitAsync(Deadline);
        Assert.All(await Task.WhenAll(good).WaitAsync(Deadline), o => Assert.True(o is AppendOutcome.Appended, o.ToString()));
        Assert.All(await Task.WhenAll(twice).WaitAsync(Deadline), o => Assert.IsType<AppendOutcome.Conflict>(o));
        await Assert.ThrowsAsync<JournalException>(() => collides.WaitAsync(Deadline));
        Assert.IsType<AppendOutcome.Appended>(await last.WaitAsync(Deadline));
        Assert.Equal(23, journal.LastOrdering);
    }

    [Fact]
    public async Task A_file_that_another_program_has_locked_makes_appends_unknown_and_not_lost()
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        using (Hold(_directory.File))
        {
            var unknown = Assert.IsType<AppendOutcome.Unknown>(await journal.AppendAsync(_appends.Next(A, 0), default));
            Assert.Contains("locked", unknown.Reason, StringComparison.Ordinal);
        }
        Assert.IsType<AppendOutcome.Appended>(await journal.AppendAsync(_appends.Next(A, 0), default));
    }

    [Fact]
    public async Task A_reader_in_another_process_sees_whole_commits_while_the_writer_goes_on()
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        await journal.AppendAsync(_appends.Next(A, 0, 2), default);
        await using var reader = SqliteNodeJournal.OpenReadOnly(_directory.File);
        await using var slow = reader.ReadAllAsync(1, default).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        for (var number = 2; number < 2_000; number += 2)
        {
            Assert.IsType<AppendOutcome.Appended>(await journal.AppendAsync(_appends.Next(A, number, 2), default));
            if (number % 100 == 0)
                Assert.Equal(number + 2, reader.LastOrdering);
        }
        // The reader that was open all the time still sees what was there when it began.
        Assert.True(await slow.MoveNextAsync());
        Assert.False(await slow.MoveNextAsync());
    }

    [Fact]
    public async Task A_reader_can_not_write()
    {
        await using (SqliteNodeJournal.Open(_directory.File))
        {
        }
        await using var reader = SqliteNodeJournal.OpenReadOnly(_directory.File);
        Assert.True(reader.IsReadOnly);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.AppendAsync(_appends.Next(A, 0), default));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await reader.SaveSnapshotAsync(SampleAppends.Snapshot(A, 1), default));
        Assert.Throws<InvalidOperationException>(() => reader.Follow());
    }

    [Fact]
    public async Task A_copy_is_read_without_its_agent()
    {
        await using (var journal = SqliteNodeJournal.Open(_directory.File))
            await journal.AppendAsync(_appends.Next(A, 0, 5), default);
        var copy = Path.Combine(_directory.Path, "copy of a journal?.db");
        File.Copy(_directory.File, copy);
        await using var reader = SqliteNodeJournal.OpenReadOnly(copy);
        Assert.Equal(5, (await reader.ReadHeadAsync(A, default)).LastSequenceNr);
    }

    [Fact]
    public async Task An_append_after_closing_is_refused()
    {
        var journal = SqliteNodeJournal.Open(_directory.File);
        await journal.DisposeAsync();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await journal.AppendAsync(_appends.Next(A, 0), default));
    }

    [Fact]
    public async Task Appends_go_on_while_the_log_is_moved_and_events_are_compacted()
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        for (var number = 0; number < 40_000; number += 500)
            await journal.AppendAsync(_appends.Next(A, number, 500), default);
        await journal.SaveSnapshotAsync(SampleAppends.Snapshot(A, 40_000), default);
        var compacting = journal.CompactAsync(new Retention(TimeSpan.Zero, 1), 40_000, null, SampleAppends.Start.AddDays(1),
            default).AsTask();
        var next = 40_000L;
        while (!compacting.IsCompleted)
            Assert.IsType<AppendOutcome.Appended>(await journal.AppendAsync(_appends.Next(A, next++), default));
        Assert.Equal(40_000, (await compacting).DroppedEvents);
        Assert.Null(journal.CheckpointFailure);
        Assert.Equal("ok", await journal.CheckAsync(default));
        Assert.Equal(next, journal.LastOrdering);
    }

    [Fact]
    public async Task A_thousand_entities_at_once_lose_nothing()
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(n => Task.Run(async () =>
            await journal.AppendAsync(_appends.Next(new PersistenceId("port", $"p{n}"), 0, 3), default))));
        var firsts = outcomes.Select(o => Assert.IsType<AppendOutcome.Appended>(o).FirstOrdering).Order();
        Assert.Equal(Enumerable.Range(0, 1_000).Select(n => n * 3L + 1), firsts);
    }

    private static Task<AppendOutcome> Synced(SqliteNodeJournal journal, Append append) =>
        journal.AppendAsync(append with { Durability = Durability.Synced }, default).AsTask();

    private static SqliteConnection Hold(string path)
    {
        var connection = SqliteConnection.Open(path, path, SqliteNative.OpenReadWrite, TimeSpan.FromSeconds(1));
        connection.Execute("BEGIN IMMEDIATE");
        return connection;
    }
}
