using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>A writer that appends one event after another to a stream that others write too.</summary>
public static class StoreRace
{
    /// <summary>
    /// Appends until <paramref name="wins"/> appends have come through; unknown outcomes are settled as a host does.
    /// </summary>
    public static async Task RunAsync(IJournal journal, PersistenceId stream, string writer, int wins)
    {
        var appends = new SampleAppends(writer);
        var won = 0;
        while (won < wins)
        {
            var head = await journal.ReadHeadAsync(stream, default);
            var append = appends.Next(stream, head.LastSequenceNr);
            var outcome = await journal.AppendAsync(append, default);
            if (outcome is AppendOutcome.Appended || outcome is AppendOutcome.Unknown && await IsThereAsync(journal, append))
                won++;
        }
    }

    private static async Task<bool> IsThereAsync(IJournal journal, Append append)
    {
        await foreach (var e in journal.ReadAsync(append.Stream, append.ExpectedSequenceNr + 1, default))
            return e.CommitId == append.CommitId;
        return false;
    }
}
