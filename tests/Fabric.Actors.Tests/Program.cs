using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Actors.Tests;

/// <summary>The child process of crash tests: appends to a journal until it is killed, and prints what was acknowledged.</summary>
public static class Program
{
    private const int Writers = 8;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["append-until-killed", var path])
        {
            await Console.Error.WriteLineAsync("usage: append-until-killed FILE");
            return 2;
        }
        var journal = SqliteNodeJournal.Open(path);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => Append(journal, w))));
        return 1;
    }

    private static async Task Append(SqliteNodeJournal journal, int writer)
    {
        var stream = new PersistenceId("port", $"w{writer}");
        var appends = new SampleAppends($"writer-{writer}");
        for (var number = 0L; ; number += 2)
        {
            var durability = number % 20 == 0 ? Durability.Synced : Durability.Process;
            var outcome = await journal.AppendAsync(appends.Next(stream, number, 2, durability), default);
            if (outcome is not AppendOutcome.Appended appended)
                throw new InvalidOperationException($"{stream} at {number}: {outcome}");
            // One write per line, so that a kill can't tear what was acknowledged.
            Console.Out.WriteLine($"{stream} {appended.Head.LastSequenceNr}");
        }
    }
}
