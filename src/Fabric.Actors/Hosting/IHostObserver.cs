using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>Told of what an operator should see. Called on the host's loop; must not block or throw.</summary>
public interface IHostObserver
{
    /// <summary>An entity broke a promise and was stopped; it recovers from its journal while restarts are left.</summary>
    void EntityFailed(PersistenceId id, Exception failure, bool restarts);

    /// <summary>A mailbox passed the depth at which something is wrong (10,000).</summary>
    void MailboxDeep(PersistenceId id, int depth);

    void AppendUnknown(PersistenceId id, string reason);

    void SnapshotFailed(PersistenceId id, string reason);

    /// <summary>The stream holds an event of a newer version. The entity answers Unavailable until this agent knows it.</summary>
    void ManifestUnknown(PersistenceId id, string manifest, long sequenceNr);

    void GapOpened(PersistenceId id, string reason);

    void GapClosed(PersistenceId id, DateTimeOffset from, DateTimeOffset to);

    /// <summary>The wall clock was set by this much since the last append (negative: back); to be recorded as ClockStepped.</summary>
    void ClockStepped(TimeSpan by);

    /// <summary>An event's clock is so far ahead of this machine's that it was folded but not adopted.</summary>
    void ClockAhead(PersistenceId id, TimeSpan by);
}
