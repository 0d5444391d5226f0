using System.Diagnostics;
using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Actors.Tests;

/// <summary>A disk that is really full: a small file system in memory, made for the test.</summary>
public sealed class SqliteNodeJournalDiskTests : IDisposable
{
    private static readonly PersistenceId Stream = new("port", "a");

    private readonly JournalDirectory _directory = new();
    private bool _mounted;

    private string Disk => Path.Combine(_directory.Path, "disk");

    public void Dispose()
    {
        if (_mounted)
            Run("umount", "-l", Disk);
        _directory.Dispose();
    }

    [SkippableFact]
    public async Task A_full_disk_makes_appends_unknown_until_there_is_room_again()
    {
        Skip.If(Environment.UserName != "root", "mounting a file system needs root");
        Directory.CreateDirectory(Disk);
        Run("mount", "-t", "tmpfs", "-o", "size=1m", "fab-t-disk", Disk);
        _mounted = true;
        await using var journal = SqliteNodeJournal.Open(Path.Combine(Disk, "journal.db"));
        var follower = journal.Follow();
        var appends = new SampleAppends();
        var full = await FillUp(journal, appends);
        Assert.Contains("full", full.Reason, StringComparison.Ordinal);
        var head = await journal.ReadHeadAsync(Stream, default);
        await Assert.ThrowsAsync<JournalException>(async () => await journal.SaveSnapshotAsync(
            SampleAppends.Snapshot(Stream, 1, new string('x', 2_000_000)), default));

        Run("mount", "-o", "remount,size=8m", Disk);
        var appended = await journal.AppendAsync(appends.Next(Stream, head.LastSequenceNr), default);
        Assert.IsType<AppendOutcome.Appended>(appended);
        var number = 0L;
        await foreach (var e in journal.ReadAsync(Stream, 1, default))
            Assert.Equal(++number, e.SequenceNr);
        Assert.Equal(head.LastSequenceNr + 1, number);
        var followed = 0L;
        while (follower.TryRead(out var batch))
        {
            foreach (var e in batch)
                Assert.Equal(++followed, e.Ordering);
        }
        Assert.Equal(number, followed);
    }

    private static async Task<AppendOutcome.Unknown> FillUp(SqliteNodeJournal journal, SampleAppends appends)
    {
        for (var number = 0L; number < 100_000;)
        {
            switch (await journal.AppendAsync(appends.Next(Stream, number, 10), default))
            {
                case AppendOutcome.Appended:
                    number += 10;
                    break;
                case AppendOutcome.Unknown unknown:
                    return unknown;
            }
        }
        throw new InvalidOperationException("the disk did not fill up");
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)), command);
        Assert.True(process.ExitCode == 0, $"{command}: {error}");
    }
}
