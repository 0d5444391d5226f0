using System.Text.Json;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Keeps <see cref="NodeState"/> in step with the journal and tells who waits for it.</summary>
/// <remarks>Lives on the event loop. The state is immutable, so a reader may keep it as long as it likes.</remarks>
public sealed class NodeFold(INodeJournal journal, EventCatalog catalog, HlcClock clock)
{
    /// <summary>A snapshot of the fold is stored after this many events, so that recovery reads at most that many.</summary>
    public const int SnapshotEvery = 10_000;

    private const string StateManifest = "node-state/1";

    private static readonly PersistenceId SnapshotId = new("node-state", "all");

    private readonly SortedDictionary<long, List<TaskCompletionSource>> _waiting = [];
    private long _snapshotOrdering;

    public NodeState State { get; private set; } = NodeState.Initial;

    /// <summary>The ordering that a stored snapshot reaches; compaction must not go beyond it.</summary>
    public long SnapshotOrdering => _snapshotOrdering;

    /// <summary>Called on the loop after every batch.</summary>
    public Action? Changed { get; set; }

    /// <summary>What the fold stopped at, if it met an event that this version does not know.</summary>
    public string? StoppedAt { get; private set; }

    /// <summary>Reads the snapshot and everything after it.</summary>
    /// <exception cref="JournalException">The journal is damaged.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (await journal.ReadSnapshotAsync(SnapshotId, cancellationToken) is { } snapshot && snapshot.Manifest == StateManifest)
        {
            State = JsonSerializer.Deserialize(snapshot.Payload.Span, NodeStateJson.Default.NodeState)
                ?? throw new JournalException("read the node state's snapshot", "it is null", isTransient: false);
            _snapshotOrdering = State.Ordering;
            clock.Resume(State.Hlc);
        }
        await foreach (var envelope in journal.ReadAllAsync(State.Ordering + 1, cancellationToken))
        {
            if (!Apply(envelope))
                break;
        }
    }

    /// <summary>Follows the journal until it is closed. Call <see cref="LoadAsync"/> first; nothing between is missed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var feed = journal.Follow(cancellationToken);
        await CatchUpAsync(cancellationToken);
        while (await feed.WaitToReadAsync(cancellationToken))
        {
            while (feed.TryRead(out var batch))
            {
                foreach (var envelope in batch)
                {
                    if (envelope.Ordering > State.Ordering)
                        Apply(envelope);
                }
            }
            Publish();
            if (State.Ordering - _snapshotOrdering >= SnapshotEvery)
                await SaveSnapshotAsync(cancellationToken);
        }
    }

    /// <summary>Completes, on the loop, once the state includes the event at <paramref name="ordering"/>.</summary>
    public async Task WhenFoldedAsync(long ordering, CancellationToken cancellationToken)
    {
        if (State.Ordering >= ordering)
            return;
        if (!_waiting.TryGetValue(ordering, out var waiters))
            _waiting[ordering] = waiters = [];
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiters.Add(waiter);
        await waiter.OrCancelledAsync(cancellationToken);
    }

    public async Task SaveSnapshotAsync(CancellationToken cancellationToken)
    {
        var state = State;
        // An empty state is what a start without a snapshot begins with.
        if (state.Ordering == 0)
            return;
        var payload = JsonSerializer.SerializeToUtf8Bytes(state, NodeStateJson.Default.NodeState);
        await journal.SaveSnapshotAsync(
            new Snapshot(SnapshotId, state.Ordering, StateManifest, state.Hlc, payload), cancellationToken);
        _snapshotOrdering = state.Ordering;
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await foreach (var envelope in journal.ReadAllAsync(State.Ordering + 1, cancellationToken))
            Apply(envelope);
        Publish();
    }

    private bool Apply(EventEnvelope envelope)
    {
        if (StoppedAt is not null)
            return false;
        if (envelope.Event is not { } e && !catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out e))
        {
            StoppedAt = $"event {envelope.Ordering} of the journal is {envelope.Manifest}, which this version does not know";
            return false;
        }
        State = State.Apply(envelope, e);
        clock.Resume(envelope.Hlc);
        return true;
    }

    private void Publish()
    {
        while (_waiting.Count > 0 && _waiting.First() is var (ordering, waiters) && ordering <= State.Ordering)
        {
            _waiting.Remove(ordering);
            waiters.ForEach(w => w.TrySetResult());
        }
        Changed?.Invoke();
    }
}
