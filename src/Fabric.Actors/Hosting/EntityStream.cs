using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>An entity's state and its stream: recovery, appends that are settled, snapshots.</summary>
internal sealed class EntityStream<TState>(EntityHost host, IEntity<TState> entity, IJournal journal, PersistenceId id)
    where TState : class
{
    private long _sequenceNr;
    private long _snapshotSequenceNr;
    private int _unknownsInARow;

    public bool IsRecovered { get; private set; }

    public TState State { get; private set; } = entity.Initial;

    /// <summary>Drops the state; the next command recovers it.</summary>
    public void Forget() => IsRecovered = false;

    /// <returns>What stands in the way, or null.</returns>
    public async Task<Obstacle?> RecoverAsync()
    {
        try
        {
            State = entity.Initial;
            _sequenceNr = 0;
            if (await journal.ReadSnapshotAsync(id, CancellationToken.None) is { } snapshot)
            {
                if (snapshot.Manifest != entity.StateManifest)
                    return new Obstacle($"its snapshot is {snapshot.Manifest}, this version reads {entity.StateManifest}", MayPass: false);
                State = JsonSerializer.Deserialize(snapshot.Payload.Span, entity.StateJson)
                    ?? throw new JsonException("the snapshot is null");
                _sequenceNr = snapshot.SequenceNr;
                Observe(snapshot.Hlc);
            }
            _snapshotSequenceNr = _sequenceNr;
            if (await CatchUpToHeadAsync() is { } obstacle)
                return new Obstacle(obstacle, MayPass: false);
            IsRecovered = true;
            return null;
        }
        catch (JournalException e)
        {
            return new Obstacle(e.Message, e.IsTransient);
        }
    }

    /// <param name="keepsState">
    /// The state in memory knows more than the stream, as in a record's gap: what is found in the stream is passed over. It can
    /// only be an append of this gap's own that arrived late, which the state holds already.
    /// </param>
    public async Task<StreamOutcome> AppendAsync(ImmutableArray<IEvent> events, Inbound inbound, bool keepsState = false)
    {
        var append = Compose(events, inbound);
        switch (await journal.AppendAsync(append, CancellationToken.None))
        {
            case AppendOutcome.Appended appended:
                return Evolve(append, appended.FirstOrdering);
            case AppendOutcome.Conflict:
                return await RefreshAsync(keepsState);
            case AppendOutcome.Unknown unknown:
                host.Observer.AppendUnknown(id, unknown.Reason);
                return await SettleAsync(append, unknown.Reason, keepsState);
            case var other:
                throw new InvariantBrokenException($"unexpected append outcome {other}");
        }
    }

    /// <summary>Applies events that the journal did not take, as a record stream may.</summary>
    public ImmutableArray<EventEnvelope> EvolveUnrecorded(ImmutableArray<IEvent> events)
    {
        foreach (var e in events)
            State = entity.Evolve(State, e);
        return [.. events.Select(e => new EventEnvelope
        {
            Stream = id, SequenceNr = _sequenceNr, CommitId = default, Hlc = default, WallTime = host.Time.GetUtcNow(),
            Manifest = host.Catalog.ManifestOf(e), Correlation = CorrelationId.None, Crc32C = 0, Payload = default, Event = e,
        })];
    }

    public Task SnapshotIfDueAsync() => SnapshotAsync(host.Options.SnapshotEvery);

    /// <summary>Stores a snapshot unless fewer events than <paramref name="atLeast"/> have come since the last one.</summary>
    public async Task SnapshotAsync(int atLeast)
    {
        if (_sequenceNr - _snapshotSequenceNr < atLeast)
            return;
        var payload = JsonSerializer.SerializeToUtf8Bytes(State, entity.StateJson);
        try
        {
            await journal.SaveSnapshotAsync(
                new Snapshot(id, _sequenceNr, entity.StateManifest, host.Clock.Last, payload), CancellationToken.None);
        }
        catch (JournalException e)
        {
            host.Observer.SnapshotFailed(id, e.Message);
        }
        // Also after a failure: the next attempt comes with the next interval, not with every event.
        _snapshotSequenceNr = _sequenceNr;
    }

    private Append Compose(ImmutableArray<IEvent> events, Inbound inbound)
    {
        var commit = host.NextCommitId();
        var envelopes = ImmutableArray.CreateBuilder<EventEnvelope>(events.Length);
        var durability = Durability.Process;
        var texts = ImmutableArray<InternedText>.Empty;
        foreach (var e in events)
        {
            var reading = host.Clock.Next();
            if (reading.Stepped is { } by)
                host.Observer.ClockStepped(by);
            envelopes.Add(new EventEnvelope
            {
                Stream = id,
                SequenceNr = _sequenceNr + envelopes.Count + 1,
                CommitId = commit,
                Hlc = reading.Hlc,
                WallTime = reading.Wall,
                Manifest = host.Catalog.ManifestOf(e),
                Correlation = inbound.Correlation,
                Causation = inbound.Causation,
                ObjectRef = inbound.ObjectRef,
                Crc32C = 0,
                Payload = host.Catalog.Encode(e),
                Event = e,
            }.Sealed());
            if (e is ISyncedEvent)
                durability = Durability.Synced;
            if (e is IInterningEvent interning)
                texts = texts.AddRange(interning.Texts.Select(t => new InternedText(t.Id, t.Text)));
        }
        return new Append(id, _sequenceNr, envelopes.MoveToImmutable(), durability, texts);
    }

    private void Observe(Hlc hlc)
    {
        if (host.Clock.Observe(hlc) is { } ahead)
            host.Observer.ClockAhead(id, ahead);
    }

    private StreamOutcome.Appended Evolve(Append append, long firstOrdering)
    {
        var events = append.Events;
        if (firstOrdering > 0)
            events = [.. events.Select((e, i) => e with { Ordering = firstOrdering + i })];
        foreach (var e in events)
            State = entity.Evolve(State, e.Event!);
        _sequenceNr = append.LastSequenceNr;
        _unknownsInARow = 0;
        return new StreamOutcome.Appended(events);
    }

    private async Task<StreamOutcome> RefreshAsync(bool keepsState)
    {
        try
        {
            return await CatchUpAsync(keepsState) is { } obstacle ? new StreamOutcome.Unsettled(obstacle) : new StreamOutcome.Lost();
        }
        catch (JournalException e)
        {
            return new StreamOutcome.Unsettled(e.Message);
        }
    }

    /// <summary>
    /// Looks for the append's own commit id. Should it not be there and yet arrive later (a store that lost only the reply), then
    /// the next append conflicts, the events are folded, and the repeated command finds its work done.
    /// </summary>
    private async Task<StreamOutcome> SettleAsync(Append append, string reason, bool keepsState)
    {
        const int MostUnknowns = 3;
        await Task.Delay(TimeSpan.FromMilliseconds(5 << _unknownsInARow), host.Time);
        _unknownsInARow++;
        try
        {
            var head = await journal.ReadHeadAsync(id, CancellationToken.None);
            if (head.LastSequenceNr == append.ExpectedSequenceNr)
                return _unknownsInARow < MostUnknowns ? new StreamOutcome.Lost() : GiveUp(reason);
            await foreach (var first in journal.ReadAsync(id, append.ExpectedSequenceNr + 1, CancellationToken.None))
                return first.CommitId == append.CommitId ? Evolve(append, first.Ordering) : await RefreshAsync(keepsState);
            return GiveUp($"{reason}; the stream's head moved to {head.LastSequenceNr}, but its events can't be read");
        }
        catch (JournalException e)
        {
            return GiveUp($"{reason}; then {e.Message}");
        }
    }

    private StreamOutcome.Unsettled GiveUp(string reason)
    {
        _unknownsInARow = 0;
        return new StreamOutcome.Unsettled(reason);
    }

    /// <summary>
    /// Folds until the head is reached. The head may be ahead of what was read: another writer has appended in between, or events
    /// are missing, and a state that leaves some out must never be taken for the stream's.
    /// </summary>
    /// <returns>What stands in the way, or null.</returns>
    private async Task<string?> CatchUpToHeadAsync()
    {
        var stuckAt = -1L;
        while (true)
        {
            if (await CatchUpAsync() is { } obstacle)
                return obstacle;
            var head = await journal.ReadHeadAsync(id, CancellationToken.None);
            if (head.LastSequenceNr <= _sequenceNr)
                return null;
            if (_sequenceNr == stuckAt)
                return Missing(_sequenceNr + 1, head.LastSequenceNr);
            stuckAt = _sequenceNr;
        }
    }

    private static string Missing(long from, long to) => $"its events {from} to {to} are missing and no snapshot covers them";

    /// <returns>What stands in the way, or null.</returns>
    private async Task<string?> CatchUpAsync(bool keepsState = false)
    {
        await foreach (var envelope in journal.ReadAsync(id, _sequenceNr + 1, CancellationToken.None))
        {
            if (envelope.SequenceNr != _sequenceNr + 1)
                return Missing(_sequenceNr + 1, envelope.SequenceNr - 1);
            if (!host.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e))
            {
                host.Observer.ManifestUnknown(id, envelope.Manifest, envelope.SequenceNr);
                return $"event {envelope.SequenceNr} is {envelope.Manifest}, which this version does not know";
            }
            if (!keepsState)
                State = entity.Evolve(State, e);
            _sequenceNr = envelope.SequenceNr;
            Observe(envelope.Hlc);
        }
        return null;
    }
}
