using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Actors.Tests;

/// <summary>A damaged file is found out and named, never read as something else.</summary>
public sealed class SqliteNodeJournalDamageTests : IDisposable
{
    private static readonly PersistenceId[] Streams = [new("port", "a"), new("port", "b"), new("pool", "default")];
    private static readonly PersistenceId Fold = new("node-state", "node-a");
    private static readonly InternedText Text = InternedText.Of("table=0,priority=10,in_port=7 actions=goto_table:1");

    private readonly JournalDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(4096)]
    [InlineData(10_000)]
    [InlineData(-1)]
    [InlineData(-4096)]
    public async Task A_truncated_file_is_refused(int length)
    {
        await Write(300);
        using (var file = File.OpenWrite(_directory.File))
            file.SetLength(length > 0 ? length : file.Length + length);
        AssertRefused("truncated", () => SqliteNodeJournal.Open(_directory.File));
        AssertRefused("truncated", () => SqliteNodeJournal.OpenReadOnly(_directory.File));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_its_beginning()
    {
        File.WriteAllText(_directory.File, "apiVersion: v1\nkind: ConfigMap\n");
        AssertRefused("not an SQLite database", () => SqliteNodeJournal.Open(_directory.File));
    }

    [Fact]
    public void A_database_of_another_program_is_refused()
    {
        using (var other = SqliteConnection.Open(_directory.File, _directory.File, 0x6, TimeSpan.Zero))
            other.Execute("CREATE TABLE t(x)");
        AssertRefused("another program", () => SqliteNodeJournal.Open(_directory.File));
    }

    [Fact]
    public async Task A_format_from_the_future_is_refused_and_named()
    {
        await Write(3);
        using (var newer = SqliteConnection.Open(_directory.File, _directory.File, 0x2, TimeSpan.Zero))
            newer.Execute("PRAGMA user_version = 7");
        AssertRefused("format 7", () => SqliteNodeJournal.Open(_directory.File));
        AssertRefused("format 7", () => SqliteNodeJournal.OpenReadOnly(_directory.File));
    }

    [Fact]
    public void A_missing_file_is_not_made_by_a_reader()
    {
        AssertRefused("no such file", () => SqliteNodeJournal.OpenReadOnly(_directory.File));
        Assert.False(File.Exists(_directory.File));
    }

    [Fact]
    public async Task A_flipped_byte_in_an_event_is_located()
    {
        await Write(30);
        var bytes = await File.ReadAllBytesAsync(_directory.File);
        var place = bytes.AsSpan().IndexOf("\"number\":17,"u8);
        bytes[place + 10] ^= 0x01;
        await File.WriteAllBytesAsync(_directory.File, bytes);
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        var read = new List<long>();
        var error = await Assert.ThrowsAsync<JournalException>(async () =>
        {
            await foreach (var e in journal.ReadAllAsync(1, default))
                read.Add(e.Ordering);
        });
        Assert.False(error.IsTransient);
        Assert.Contains(_directory.File, error.Message, StringComparison.Ordinal);
        var located = Regex.Match(error.Message, @"ordering (\d+) \(\w+/\w+#17\)");
        Assert.True(located.Success, error.Message);
        Assert.InRange(int.Parse(located.Groups[1].Value, CultureInfo.InvariantCulture), read[^1] + 1, read[^1] + 2);
    }

    [Fact]
    public async Task Any_flipped_byte_is_found_or_harmless()
    {
        await Write(40);
        var good = await File.ReadAllBytesAsync(_directory.File);
        var expected = await Content(_directory.File);
        var random = new Random(20260301);
        var found = 0;
        for (var trial = 0; trial < 250; trial++)
        {
            var bytes = (byte[])good.Clone();
            var (place, bit) = (random.Next(bytes.Length), random.Next(8));
            bytes[place] ^= (byte)(1 << bit);
            var path = Path.Combine(_directory.Path, $"flipped-{trial}.db");
            await File.WriteAllBytesAsync(path, bytes);
            try
            {
                var content = await Content(path);
                Assert.True(content == expected || content == expected.Replace(Text.Text, "missing", StringComparison.Ordinal),
                    $"bit {bit} of byte {place}: the journal reads as something else:\n{content}");
            }
            catch (JournalException)
            {
                found++;
            }
        }
        Assert.NotEqual(0, found);
    }

    private async Task Write(int events)
    {
        await using var journal = SqliteNodeJournal.Open(_directory.File);
        var appends = new SampleAppends();
        for (var number = 0; number < events; number++)
        {
            foreach (var stream in Streams)
                Assert.IsType<AppendOutcome.Appended>(await journal.AppendAsync(
                    appends.Next(stream, number, texts: [Text]), default));
        }
        await journal.SaveSnapshotAsync(SampleAppends.Snapshot(Streams[0], events), default);
        await journal.SaveSnapshotAsync(SampleAppends.Snapshot(Fold, events), default);
        await journal.PruneAsync(Streams[0], events / 2, default);
    }

    private static async Task<string> Content(string path)
    {
        var content = new StringBuilder();
        await using var journal = SqliteNodeJournal.Open(path);
        foreach (var stream in Streams.Append(Fold))
        {
            var head = await journal.ReadHeadAsync(stream, default);
            var snapshot = await journal.ReadSnapshotAsync(stream, default);
            content.AppendLine(CultureInfo.InvariantCulture, $"{head} {snapshot?.SequenceNr} {snapshot?.Manifest}");
            await foreach (var e in journal.ReadAsync(stream, 1, default))
                content.AppendLine(CultureInfo.InvariantCulture, $"{e.Stream} {e.SequenceNr} {e.Crc32C}");
        }
        await foreach (var e in journal.ReadAllAsync(1, default))
            content.AppendLine(CultureInfo.InvariantCulture, $"{e.Ordering} {e.Stream} {e.SequenceNr} {e.Crc32C}");
        var texts = await journal.ReadTextsAsync([Text.Id], default);
        content.AppendLine(texts.GetValueOrDefault(Text.Id, "missing"));
        return content.ToString();
    }

    private static void AssertRefused(string because, Action open)
    {
        var error = Assert.Throws<JournalException>(open);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient, error.Message);
    }
}
