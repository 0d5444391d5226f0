using System.Diagnostics;
using System.Text;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Bench;

/// <summary>The node journal against a raw SQLite loop over the same tables, in the same run.</summary>
internal static class JournalBenchmark
{
    private const int Rounds = 5;
    private const int Alone = 10_000;
    private const int Grouped = 51_200;
    private const int GroupSize = 256;
    private const int Replayed = 204_800;

    private static readonly PersistenceId Stream = new("port", "0f3c1a2b4d5e6f70-eth0");

    public static async Task RunAsync(Results results)
    {
        var root = Directory.CreateTempSubdirectory("fab-b-journal-").FullName;
        try
        {
            await AppendRates(results, root);
            await Latencies(results, root);
            await Replay(results, root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static EventEnvelope Event(PersistenceId stream, long number, string payload) => new EventEnvelope
    {
        Stream = stream,
        SequenceNr = number,
        CommitId = new CommitId("node-a", 3, number),
        Hlc = new Hlc(1_770_000_000_000 + number, 0),
        WallTime = DateTimeOffset.FromUnixTimeMilliseconds(1_770_000_000_000 + number),
        Manifest = "attachment-ready/1",
        Correlation = new CorrelationId("5f0c2c1e-7a7e-4b0e-9a51-0d6c3f1b2a44"),
        Crc32C = 0,
        Payload = Encoding.UTF8.GetBytes(payload),
    }.Sealed();

    private static Append One(long expected, Durability durability = Durability.Process, PersistenceId? stream = null)
    {
        const string payload = """{"attempt":1,"ofport":4711,"mac":"0a:58:0a:f4:01:07","mtuBytes":1450,"ip":"10.244.1.7"}""";
        var id = stream ?? Stream;
        return new Append(id, expected, [Event(id, expected + 1, payload)], durability, []);
    }

    // Raw and journal alternate, so that a slow moment of the machine meets both.
    private static async Task AppendRates(Results results, string root)
    {
        List<double> rawAlone = [], alone = [], rawGrouped = [], grouped = [], prepared = [];
        for (var round = 0; round < Rounds; round++)
        {
            var raw = await NewFile(root, $"raw{round}");
            using (var loop = new RawJournalLoop(raw, One(0).Events[0]))
            {
                rawAlone.Add(Rate(Alone, () => Times(Alone, () => loop.Write(1))));
                rawGrouped.Add(Rate(Grouped, () => Times(Grouped / GroupSize, () => loop.Write(GroupSize))));
            }
            var path = await NewFile(root, $"journal{round}");
            await using var journal = SqliteNodeJournal.Open(path);
            var next = 1L;
            prepared.Add(Rate(Alone, () => Times(Alone, () => _ = One(1))));
            alone.Add(await RateAsync(Alone, async () =>
            {
                for (var i = 0; i < Alone; i++)
                    await Appended(journal, One(next++));
            }));
            grouped.Add(await RateAsync(Grouped, () => AppendInGroups(journal)));
        }
        Add(results, "journal append, one event per transaction", rawAlone, alone);
        Add(results, $"journal append, {GroupSize} entities at once", rawGrouped, grouped);
        Results.Progress($"making and sealing the event alone: {Median(prepared):n0}/s (part of the journal's numbers)");
    }

    // As many entities as the group is large, each with its own stream, each waiting for its append before the next one.
    private static Task AppendInGroups(SqliteNodeJournal journal) =>
        Task.WhenAll(Enumerable.Range(0, GroupSize).Select(actor => Task.Run(async () =>
        {
            var stream = new PersistenceId("port", $"0f3c1a2b4d5e{actor:x4}-eth0");
            for (var i = 0; i < Grouped / GroupSize; i++)
                await Appended(journal, One(i, stream: stream));
        })));

    private static async Task Latencies(Results results, string root)
    {
        var path = await NewFile(root, "latency");
        await using var journal = SqliteNodeJournal.Open(path);
        var next = 1L;
        const int appends = 300_000;
        var process = new Samples(appends);
        for (var i = 0; i < appends; i++)
        {
            var append = One(next++);
            var start = Stopwatch.GetTimestamp();
            await Appended(journal, append);
            process.Add(start);
        }
        Results.Progress($"append latency, {appends:n0} in a row with checkpoints running: {process}");
        results.Add(new ResultRow("journal append, latency", "ms", process.Median.TotalMilliseconds, process.P99.TotalMilliseconds, null, "", null));
        results.Add(new ResultRow("journal append, longest with checkpoints running", "ms", process.Percentile(1).TotalMilliseconds, null, null, "", 20));
        Results.Progress($"  log file afterwards: {new FileInfo(path + "-wal").Length / 1048576.0:n1} MiB");
        var synced = new Samples(500);
        for (var i = 0; i < 500; i++)
        {
            var append = One(next++, Durability.Synced);
            var start = Stopwatch.GetTimestamp();
            await Appended(journal, append);
            synced.Add(start);
        }
        Results.Progress($"append latency, synced to disk: {synced}");
        await journal.SaveSnapshotAsync(new Snapshot(Stream, next - 1, "port/1", default, "{}"u8.ToArray()), default);
        var during = new Samples(100_000);
        var compacting = journal.CompactAsync(new Retention(TimeSpan.FromDays(7), 1), next - 1, null,
            DateTimeOffset.FromUnixTimeMilliseconds(1_770_000_000_000), default).AsTask();
        while (!compacting.IsCompleted)
        {
            var append = One(next++);
            var start = Stopwatch.GetTimestamp();
            await Appended(journal, append);
            during.Add(start);
        }
        var report = await compacting;
        Results.Progress($"append latency while {report.DroppedEvents:n0} events are compacted: {during}");
    }

    private static async Task Replay(Results results, string root)
    {
        var path = await NewFile(root, "replay");
        await using var journal = SqliteNodeJournal.Open(path);
        var empty = (await journal.ReadHorizonAsync(default)).SizeBytes;
        for (var next = 1L; next < Replayed;)
        {
            var waiting = new List<Task<AppendOutcome>>();
            for (var i = 0; i < GroupSize; i++)
                waiting.Add(journal.AppendAsync(One(next++), default).AsTask());
            foreach (var append in waiting)
                Expect(await append);
        }
        var events = journal.LastOrdering;
        var bytes = (await journal.ReadHorizonAsync(default)).SizeBytes - empty;
        var payload = One(0).Events[0].Payload.Length;
        Results.Progress($"size: {(double)bytes / events:n0} bytes per event ({payload} of payload, 36 of correlation)");
        List<double> stream = [], all = [];
        for (var round = 0; round < Rounds; round++)
        {
            stream.Add(await RateAsync(events, () => Count(journal.ReadAsync(Stream, 1, default))));
            all.Add(await RateAsync(events, () => Count(journal.ReadAllAsync(1, default))));
        }
        results.Add(new ResultRow("journal replay of one stream", "/s", Median(stream), null, null, "", null));
        results.Add(new ResultRow("journal replay by ordering", "/s", Median(all), null, null, "", null));
    }

    private static async Task<string> NewFile(string root, string name)
    {
        var path = Path.Combine(root, name + ".db");
        await using var journal = SqliteNodeJournal.Open(path);
        await Appended(journal, One(0));
        return path;
    }

    private static async Task Count(IAsyncEnumerable<EventEnvelope> events)
    {
        await foreach (var e in events)
            _ = e.SequenceNr;
    }

    private static async ValueTask Appended(SqliteNodeJournal journal, Append append) =>
        Expect(await journal.AppendAsync(append, default));

    private static void Expect(AppendOutcome outcome)
    {
        if (outcome is not AppendOutcome.Appended)
            throw new InvalidOperationException($"an append ended as {outcome}");
    }

    private static void Times(int times, Action action)
    {
        for (var i = 0; i < times; i++)
            action();
    }

    private static double Rate(int count, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> RateAsync(long count, Func<Task> action)
    {
        var start = Stopwatch.GetTimestamp();
        await action();
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);

    private static void Add(Results results, string what, List<double> raw, List<double> journal) => results.Add(
        new ResultRow(what, "/s", Median(journal), null, Median(raw), "raw SQLite loop over the same schema", 0.8, GoalIsFloor: true));
}
