using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Opens the node's journal; a damaged one is kept beside and a new one is begun.</summary>
internal static class JournalFile
{
    /// <returns>The journal, and the event that tells of a replacement if there was one.</returns>
    /// <exception cref="AgentException">It was written by a newer version, or can't be opened at all.</exception>
    public static (SqliteNodeJournal Journal, NodeEvent.JournalReplaced? Replaced) Open(
        string path, long incarnation, TimeProvider time, AgentLog log)
    {
        var isMissing = incarnation > 1 && !File.Exists(path);
        try
        {
            return (SqliteNodeJournal.Open(path), isMissing ? new NodeEvent.JournalReplaced("the file was gone", "") : null);
        }
        catch (JournalException e) when (!e.IsTransient && e.Message.Contains("version", StringComparison.Ordinal))
        {
            throw new AgentException(e.Message, e);
        }
        catch (JournalException e) when (!e.IsTransient)
        {
            return Replace(path, e, time, log);
        }
        catch (JournalException e)
        {
            throw new AgentException(e.Message, e);
        }
    }

    /// <summary>Keeps a damaged journal beside and begins a new one.</summary>
    public static (SqliteNodeJournal Journal, NodeEvent.JournalReplaced Replaced) Replace(
        string path, JournalException damage, TimeProvider time, AgentLog log)
    {
        var keptAs = $"{path}.damaged-{time.GetUtcNow():yyyyMMddTHHmmssfffZ}";
        log.Error($"the journal is damaged and kept as {keptAs}; a new one is begun: {damage.Message}", null);
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(path + suffix))
                File.Move(path + suffix, keptAs + suffix);
        }
        return (SqliteNodeJournal.Open(path), new NodeEvent.JournalReplaced(damage.Message, keptAs));
    }
}
