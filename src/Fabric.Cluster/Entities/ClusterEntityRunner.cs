using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Runs one cluster entity against the store: load, decide, append; after a conflict refresh and decide again.
/// </summary>
/// <remarks>
/// One command at a time, on one loop. Whoever else writes the stream is met by compare-and-set, never by locking. An
/// append of unknown outcome is settled by looking for its commit id; if it lands later still, the next append
/// conflicts, the event is folded, and the repeated command finds its work done. Cluster entities have no effects:
/// their stream is their only output.
/// </remarks>
/// <param name="eventLevel">
/// What every member can read, by a state of this entity; null for no limit. The state before a decision and the one after it
/// count: a member that is let in or out by an event must be able to read it. An event is written under the newest manifest of that
/// level, and a decision whose events have none is not written.
/// </param>
/// <param name="mayRetry">
/// Asked after a conflict; false ends the command, since the caller is no longer the one to decide.
/// </param>
/// <param name="report">
/// Told, in a sentence, of what went wrong without harm (a snapshot that could not be stored).
/// </param>
public sealed class ClusterEntityRunner<TState>(
    IEntity<TState> entity,
    PersistenceId id,
    IClusterStore store,
    StreamRules rules,
    ClusterWriter writer,
    Func<TState, int>? eventLevel = null,
    Func<CancellationToken, ValueTask<bool>>? mayRetry = null,
    Action<string>? report = null)
    where TState : class
{
    private const int MaxAttempts = 10;

    private readonly StreamFold<TState> _fold = new(entity, id, rules.Catalog);
    private bool _loaded;
    private bool _busy;

    public TState State => _fold.State;

    /// <summary>The last event that <see cref="State"/> includes.</summary>
    public long SequenceNr => _fold.SequenceNr;

    /// <summary>Why the stream can't be written by this version, or null.</summary>
    public string? Stall => _fold.Stall;

    /// <summary>Reads what has been appended since the last look.</summary>
    /// <exception cref="JournalException">The store can't be read.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken) => await RefreshAsync(default, cancellationToken);

    /// <summary>Carries a command out; the answer comes when its events are in the store.</summary>
    /// <param name="objectRef">The Kubernetes object that asks for it; the events name it.</param>
    /// <returns>
    /// Unavailable if the store does not answer, or others keep writing, or the stream holds unknown events.
    /// </returns>
    public async Task<AskResult> AskAsync(
        ICommand command, CorrelationId correlation, CancellationToken cancellationToken, ObjectRef? objectRef = null)
    {
        Invariant.That(!_busy, "a cluster entity handles one command at a time");
        _busy = true;
        try
        {
            return await StepAsync(command, correlation, objectRef, cancellationToken);
        }
        catch (JournalException e)
        {
            return new AskResult.Unavailable(e.Message);
        }
        finally
        {
            _busy = false;
        }
    }

    private async Task<AskResult> StepAsync(
        ICommand command, CorrelationId correlation, ObjectRef? objectRef, CancellationToken cancellationToken)
    {
        var trouble = $"{id}: others kept writing";
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (!_loaded)
                await RefreshAsync(cancellationToken);
            if (Stall is { } stall)
                return new AskResult.Unavailable(stall);
            var decision = entity.Decide(State, command, writer.Time.GetUtcNow());
            if (decision is Decision.Rejected rejected)
            {
                var judged = SequenceNr;
                await RefreshAsync(cancellationToken);
                if (judged != SequenceNr)
                    continue;
                return new AskResult.Rejected(rejected.Reason);
            }
            Invariant.That(decision is Decision.Accepted, "a cluster entity answers at once");
            var accepted = (Decision.Accepted)decision;
            if (accepted.Events.IsEmpty)
                return new AskResult.Replied(accepted.Reply);
            var readable = Readable(accepted.Events);
            if (accepted.Events.FirstOrDefault(e => rules.Catalog.LevelOf(e) > readable) is { } tooNew)
                return new AskResult.Unavailable(TooNew(tooNew, readable));
            var append = Compose(accepted.Events, readable, correlation, objectRef);
            switch (await store.AppendAsync(append, cancellationToken))
            {
                case AppendOutcome.Appended:
                    await FoldOwnAsync(append, cancellationToken);
                    return new AskResult.Replied(accepted.Reply);
                case AppendOutcome.Conflict:
                    if (mayRetry is not null && !await mayRetry(cancellationToken))
                        return new AskResult.Unavailable($"{id}: somebody else decides now");
                    await RefreshAsync(cancellationToken);
                    break;
                case AppendOutcome.Unknown unknown:
                    trouble = $"{id}: {unknown.Reason}";
                    await Task.Delay(TimeSpan.FromMilliseconds(5 << attempt), writer.Time, cancellationToken);
                    if (await RefreshAsync(append.CommitId, cancellationToken))
                        return new AskResult.Replied(accepted.Reply);
                    break;
            }
        }
        return new AskResult.Unavailable(trouble);
    }

    private int Readable(ImmutableArray<IEvent> events) => eventLevel is null
        ? int.MaxValue
        : Math.Min(eventLevel(State), eventLevel(events.Aggregate(State, entity.Evolve)));

    /// <summary>A member that met an event which it does not know would stop following the stream.</summary>
    private string TooNew(IEvent e, int readable) =>
        $"{id}: {rules.Catalog.ManifestOf(e)} has event level {rules.Catalog.LevelOf(e)} and is not written while a member reads "
            + $"only level {readable}: upgrade or remove that member";

    /// <returns>Whether the commit was among what was read.</returns>
    private async Task<bool> RefreshAsync(CommitId wanted, CancellationToken cancellationToken)
    {
        var found = false;
        if (!_loaded)
            await _fold.TakeSnapshotAsync(store, cancellationToken);
        await _fold.CatchUpAsync(store, Folded, cancellationToken);
        _loaded = true;
        return found;

        void Folded(EventEnvelope envelope)
        {
            writer.Observe(envelope.Hlc);
            found |= envelope.CommitId == wanted;
        }
    }

    private Append Compose(ImmutableArray<IEvent> events, int readable, CorrelationId correlation, ObjectRef? objectRef)
    {
        var commit = writer.NextCommitId();
        var envelopes = ImmutableArray.CreateBuilder<EventEnvelope>(events.Length);
        foreach (var e in events)
        {
            var reading = writer.NextReading();
            envelopes.Add(new EventEnvelope
            {
                Stream = id,
                SequenceNr = SequenceNr + envelopes.Count + 1,
                CommitId = commit,
                Hlc = reading.Hlc,
                WallTime = reading.Wall,
                Manifest = rules.Catalog.ManifestOf(e, readable),
                Correlation = correlation,
                ObjectRef = objectRef,
                Crc32C = 0,
                Payload = rules.Catalog.Encode(e, readable),
                Event = e,
            }.Sealed());
        }
        return new Append(id, SequenceNr, envelopes.MoveToImmutable(), Durability.Synced, []);
    }

    private async Task FoldOwnAsync(Append append, CancellationToken cancellationToken)
    {
        foreach (var e in append.Events)
            Invariant.That(_fold.Apply(e, out _), "one's own events are known");
        if (SequenceNr - _fold.SnapshotSequenceNr < rules.SnapshotEvery)
            return;
        try
        {
            await SnapshotAsync(append.Events[^1].Hlc, cancellationToken);
        }
        catch (JournalException e)
        {
            // The events are in: a snapshot that failed costs a longer recovery and is tried again after the next
            // commit.
            report?.Invoke($"{id}: no snapshot at {SequenceNr}: {e.Message}");
        }
    }

    // Events go only when a snapshot that covers them has been read back.
    private async Task SnapshotAsync(Hlc hlc, CancellationToken cancellationToken)
    {
        var snapshot = _fold.ToSnapshot(hlc);
        await store.SaveSnapshotAsync(snapshot, cancellationToken);
        var stored = await store.ReadSnapshotAsync(id, cancellationToken);
        if (stored is null || stored.SequenceNr < snapshot.SequenceNr)
            throw new JournalException($"save snapshot of {id}", "it can't be read back", isTransient: true);
        _fold.SnapshotStored(stored.SequenceNr);
        if (snapshot.SequenceNr > rules.KeepEvents)
            await store.PruneAsync(id, snapshot.SequenceNr - rules.KeepEvents, cancellationToken);
    }
}
