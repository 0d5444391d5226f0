using System.Diagnostics;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Actors.Tests;

public sealed class SqliteNodeJournalCrashTests : IDisposable
{
    private readonly JournalDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(6_000)]
    public async Task Every_acknowledged_append_survives_the_process_being_killed(int acknowledgements)
    {
        var acknowledged = await AppendAndKill(acknowledgements);
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        foreach (var (stream, last) in acknowledged)
        {
            var head = await journal.ReadHeadAsync(stream, default);
            Assert.True(head.LastSequenceNr >= last, $"{stream}: {last} was acknowledged, {head.LastSequenceNr} is there");
            // Commits of two events: half of one must never be seen.
            Assert.Equal(0, head.LastSequenceNr % 2);
            var number = 0L;
            await foreach (var e in journal.ReadAsync(stream, 1, default))
                Assert.Equal(++number, e.SequenceNr);
            Assert.Equal(head.LastSequenceNr, number);
        }
        var ordering = 0L;
        await foreach (var e in journal.ReadAllAsync(1, default))
            Assert.Equal(++ordering, e.Ordering);
        Assert.Equal(journal.LastOrdering, ordering);
        Assert.Equal("ok", await journal.CheckAsync(default));
    }

    [Fact]
    public async Task A_reader_opens_what_a_killed_writer_has_left()
    {
        var acknowledged = await AppendAndKill(200);
        await using var journal = SqliteNodeJournal.OpenReadOnly(_directory.File);
        foreach (var (stream, last) in acknowledged)
            Assert.True((await journal.ReadHeadAsync(stream, default)).LastSequenceNr >= last);
    }

    private async Task<Dictionary<PersistenceId, long>> AppendAndKill(int acknowledgements)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in new[] { "exec", typeof(Program).Assembly.Location, "append-until-killed", _directory.File })
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var acknowledged = new Dictionary<PersistenceId, long>();
        try
        {
            for (var lines = 1; await child.StandardOutput.ReadLineAsync(deadline.Token) is { } line; lines++)
            {
                // The last line may be cut off by the kill.
                if (line.Split(' ') is [var stream, var number] && lines <= acknowledgements)
                    acknowledged[PersistenceId.Parse(stream)] = long.Parse(number, CultureInfo.InvariantCulture);
                if (lines == acknowledgements)
                    child.Kill();
            }
        }
        finally
        {
            if (!child.HasExited)
                child.Kill();
            await child.WaitForExitAsync(deadline.Token);
        }
        Assert.NotEmpty(acknowledged);
        return acknowledged;
    }
}
