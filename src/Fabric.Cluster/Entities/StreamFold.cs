using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>An entity's state as its stream tells it, as far as it has been read.</summary>
/// <remarks>
/// At a manifest that this version does not know it stops for good, keeps its last state, and says why.
/// </remarks>
internal sealed class StreamFold<TState>(IEntity<TState> entity, PersistenceId id, EventCatalog catalog)
    where TState : class
{
    public PersistenceId Id { get; } = id;

    public TState State { get; private set; } = entity.Initial;

    /// <summary>The last event that is folded in.</summary>
    public long SequenceNr { get; private set; }

    public long SnapshotSequenceNr { get; private set; }

    /// <summary>Why it can't go on, or null.</summary>
    public string? Stall { get; private set; }

    /// <summary>Goes on from a state that was folded before.</summary>
    public void Restore(TState state, long sequenceNr) => (State, SequenceNr) = (state, sequenceNr);

    /// <summary>Takes the stored snapshot if it is ahead of what is folded.</summary>
    /// <returns>Whether it was taken.</returns>
    public async Task<bool> TakeSnapshotAsync(IJournal journal, CancellationToken cancellationToken)
    {
        if (await journal.ReadSnapshotAsync(Id, cancellationToken) is not { } snapshot || snapshot.SequenceNr <= SequenceNr)
            return false;
        if (snapshot.Manifest != entity.StateManifest)
        {
            Stall = $"the snapshot of {Id} at {snapshot.SequenceNr} is {snapshot.Manifest}; this version reads {entity.StateManifest}";
            return false;
        }
        State = Decode(snapshot);
        SequenceNr = SnapshotSequenceNr = snapshot.SequenceNr;
        return true;
    }

    /// <summary>Folds everything up to the stream's present end.</summary>
    /// <param name="folded">Called after each event with its envelope.</param>
    public async Task CatchUpAsync(IJournal journal, Action<EventEnvelope>? folded, CancellationToken cancellationToken)
    {
        for (var gaps = 0; Stall is null; gaps++)
        {
            var (gap, read) = (false, false);
            await foreach (var envelope in journal.ReadAsync(Id, SequenceNr + 1, cancellationToken))
            {
                read = true;
                gap = envelope.SequenceNr != SequenceNr + 1;
                if (gap || !Apply(envelope, out var applied))
                    break;
                folded?.Invoke(applied);
            }
            // A stream that was pruned to its end reads like one in which nothing is new.
            if (!gap && (read || (await journal.ReadHeadAsync(Id, cancellationToken)).LastSequenceNr <= SequenceNr))
                return;
            // Pruned while reading: whoever prunes has stored a snapshot before, so there is one ahead. Nothing read and no
            // snapshot ahead is an event that came between the two looks: it is there at the next.
            if (gaps > 2 || !await TakeSnapshotAsync(journal, cancellationToken) && gap)
                throw new JournalException($"read {Id}", $"event {SequenceNr + 1} is missing, and no snapshot covers it",
                    isTransient: false);
        }
    }

    /// <returns>False if its manifest is not known; <see cref="Stall"/> says so from now on.</returns>
    public bool Apply(EventEnvelope envelope, out EventEnvelope applied)
    {
        applied = envelope;
        if (envelope.Event is not { } e && !TryDecode(envelope, out e))
        {
            Stall = $"event {envelope.SequenceNr} of {Id} is {envelope.Manifest}, which this version does not know";
            return false;
        }
        applied = envelope with { Event = e };
        State = entity.Evolve(State, e);
        SequenceNr = envelope.SequenceNr;
        return true;
    }

    public Snapshot ToSnapshot(Hlc hlc) =>
        new(Id, SequenceNr, entity.StateManifest, hlc, JsonSerializer.SerializeToUtf8Bytes(State, entity.StateJson));

    public void SnapshotStored(long sequenceNr) => SnapshotSequenceNr = sequenceNr;

    private bool TryDecode(EventEnvelope envelope, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IEvent? e)
    {
        try
        {
            return catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out e);
        }
        catch (JsonException x)
        {
            throw new JournalException($"read {Id}", $"event {envelope.SequenceNr} is not a {envelope.Manifest}: {x.Message}",
                isTransient: false, x);
        }
    }

    private TState Decode(Snapshot snapshot)
    {
        try
        {
            return JsonSerializer.Deserialize(snapshot.Payload.Span, entity.StateJson)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException x)
        {
            throw new JournalException($"read snapshot of {Id}", $"it is not a {snapshot.Manifest}: {x.Message}",
                isTransient: false, x);
        }
    }
}
