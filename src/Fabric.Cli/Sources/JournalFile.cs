using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Cli;

/// <summary>Answers queries for events from a journal file, whether or not an agent is writing it.</summary>
internal static class JournalFile
{
    /// <exception cref="CommandException">The file is not there, not a journal, or damaged.</exception>
    public static async IAsyncEnumerable<EventEntry> ReadAsync(
        string path, EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new CommandException(ExitCode.Usage, $"there is no journal at {path}");
        await using var journal = Open(path);
        var catalog = NodeEvents.Catalog;
        var reader = new EventReader(journal, query, new EventFilter(query, catalog));
        await using var events = reader.ReadAsync(journal.LastOrdering, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events, path))
            yield return EventEntries.Of(events.Current, catalog, query.Payload);
    }

    private static SqliteNodeJournal Open(string path)
    {
        try
        {
            return SqliteNodeJournal.OpenReadOnly(path);
        }
        catch (JournalException e)
        {
            throw new CommandException(ExitCode.Wrong, e.Message, e);
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<EventEnvelope> events, string path)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (JournalException e)
        {
            throw new CommandException(ExitCode.Wrong, $"{path}: {e.Message}", e);
        }
    }
}
