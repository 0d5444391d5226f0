using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>The cluster store as one agent reaches it: calls take virtual time, get lost, and end as unknown.</summary>
internal sealed class SimulatedClusterStore : IClusterStore, IStoreClient
{
    /// <summary>A call's own deadline, and how soon a client finds out that its watch is dead.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly SimulatedProcess _process;
    private readonly ClusterStoreState _state;
    private readonly SeededRandom _random;
    private readonly List<CancellationTokenSource> _watches = [];
    private string _brokenBecause = "";

    public SimulatedClusterStore(SimulatedProcess process, string node, ClusterStoreState state)
    {
        _process = process;
        _state = state;
        _random = process.Loop.Random.Fork();
        Node = node;
        state.Attend(this);
    }

    public string Node { get; }

    public bool IsAlive => _process.IsAlive;

    /// <summary>Bytes of events, snapshots and leases that this client was sent.</summary>
    public long BytesRead { get; private set; }

    public void BreakWatches(string reason)
    {
        _brokenBecause = reason;
        foreach (var watch in _watches.ToArray())
            watch.Cancel();
    }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        var what = $"append {append.Stream}#{append.LastSequenceNr}";
        if (await LoseRequestAsync(what, cancellationToken) is { } lost)
            return new AppendOutcome.Unknown(lost);
        if (_random.Chance(_state.Faults.WriteLate))
        {
            Later(what, () => Store(append));
            return new AppendOutcome.Unknown(await TimeOutAsync(what, "it is under way", cancellationToken));
        }
        if (_random.Chance(_state.Faults.SpuriousConflict))
        {
            _process.Note($"store: {what} declined for no reason");
            return new AppendOutcome.Conflict(await _state.Disk.ReadHeadAsync(append.Stream, cancellationToken));
        }
        var outcome = Store(append);
        return await LoseAnswerAsync(what, cancellationToken) is { } silent ? new AppendOutcome.Unknown(silent) : outcome;
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await ReadAsync($"read head of {stream}", cancellationToken);
        return await _state.Disk.ReadHeadAsync(stream, cancellationToken);
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ReadAsync($"read {stream}", cancellationToken);
        await foreach (var e in _state.Disk.ReadAsync(stream, fromSequenceNr, cancellationToken))
        {
            BytesRead += e.Payload.Length;
            yield return e;
        }
    }

    public IAsyncEnumerable<EventEnvelope> WatchAsync(PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        WatchAsync($"watch {stream}", token => _state.Disk.WatchAsync(stream, fromSequenceNr, token), e => e.Payload.Length,
            cancellationToken);

    public async ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await ReadAsync($"read snapshot of {stream}", cancellationToken);
        var snapshot = await _state.Disk.ReadSnapshotAsync(stream, cancellationToken);
        BytesRead += snapshot?.Payload.Length ?? 0;
        return snapshot;
    }

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var what = $"save snapshot of {snapshot.Stream}";
        if (await LoseRequestAsync(what, cancellationToken) is { } lost)
            throw new JournalException(what, lost, isTransient: true);
        await _state.Disk.SaveSnapshotAsync(snapshot, cancellationToken);
        _process.Note($"store: snapshot of {snapshot.Stream} at {snapshot.SequenceNr}");
        if (await LoseAnswerAsync(what, cancellationToken) is { } silent)
            throw new JournalException(what, silent, isTransient: true);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        var what = $"prune {stream} through {throughSequenceNr}";
        if (await LoseRequestAsync(what, cancellationToken) is { } lost)
            throw new JournalException(what, lost, isTransient: true);
        await _state.Disk.PruneAsync(stream, throughSequenceNr, cancellationToken);
        _process.Note($"store: {what}");
    }

    public ValueTask<LeaseOutcome> PutLeaseAsync(string name, ReadOnlyMemory<byte> value, TimeSpan duration, long expectedVersion,
        CancellationToken cancellationToken) =>
        WriteLeaseAsync(name, () => _state.Disk.PutLeaseAsync(name, value, duration, expectedVersion, CancellationToken.None),
            cancellationToken);

    public ValueTask<LeaseOutcome> DeleteLeaseAsync(string name, long expectedVersion, CancellationToken cancellationToken) =>
        WriteLeaseAsync(name, () => _state.Disk.DeleteLeaseAsync(name, expectedVersion, CancellationToken.None), cancellationToken);

    public async ValueTask<ImmutableArray<Lease>> ReadLeasesAsync(string prefix, CancellationToken cancellationToken)
    {
        await ReadAsync($"read leases {prefix}", cancellationToken);
        return await _state.Disk.ReadLeasesAsync(prefix, cancellationToken);
    }

    public IAsyncEnumerable<LeaseChanges> WatchLeasesAsync(string prefix, CancellationToken cancellationToken) =>
        WatchAsync($"watch leases {prefix}", token => _state.Disk.WatchLeasesAsync(prefix, token),
            changes => changes.Changes.Sum(c => c.Lease?.Value.Length ?? 0), cancellationToken);

    /// <summary>The store stays for the others.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private AppendOutcome Store(Append append)
    {
        var outcome = _state.Disk.AppendAsync(append, CancellationToken.None).Result;
        _process.Note($"store: append {append.Stream}#{append.LastSequenceNr} {append.Events[^1].Manifest}: {outcome.GetType().Name}");
        if (outcome is AppendOutcome.Appended)
            _state.Written(append);
        return outcome;
    }

    private async ValueTask<LeaseOutcome> WriteLeaseAsync(
        string name, Func<ValueTask<LeaseOutcome>> write, CancellationToken cancellationToken)
    {
        var what = $"write lease {name}";
        if (await LoseRequestAsync(what, cancellationToken) is { } lost)
            return new LeaseOutcome.Unknown(lost);
        if (_random.Chance(_state.Faults.WriteLate))
        {
            Later(what, () => write().Result);
            return new LeaseOutcome.Unknown(await TimeOutAsync(what, "it is under way", cancellationToken));
        }
        var outcome = write().Result;
        return await LoseAnswerAsync(what, cancellationToken) is { } silent ? new LeaseOutcome.Unknown(silent) : outcome;
    }

    private async IAsyncEnumerable<T> WatchAsync<T>(string what, Func<CancellationToken, IAsyncEnumerable<T>> watch,
        Func<T, long> size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ReadAsync(what, cancellationToken);
        using var breaking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watches.Add(breaking);
        await using var changes = watch(breaking.Token).GetAsyncEnumerator(breaking.Token);
        try
        {
            while (true)
            {
                try
                {
                    if (!await changes.MoveNextAsync())
                        yield break;
                    await WayAsync(breaking.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // The client notices that nothing comes any more; an orderly end it hears of sooner.
                    await Task.Delay(_random.UpTo(Deadline), _process.Time, cancellationToken);
                    throw new JournalException(what, _brokenBecause, isTransient: true);
                }
                if (_random.Chance(_state.Faults.WatchBreaks))
                    throw new JournalException(what, "the connection was lost", isTransient: true);
                BytesRead += size(changes.Current);
                yield return changes.Current;
            }
        }
        finally
        {
            _watches.Remove(breaking);
        }
    }

    private async Task ReadAsync(string what, CancellationToken cancellationToken)
    {
        _process.Loop.AssertOnLoop(what);
        await WayAsync(cancellationToken);
        if (!_state.IsReachedBy(Node))
            throw new JournalException(what, await TimeOutAsync(what, "no answer", cancellationToken), isTransient: true);
        await WayAsync(cancellationToken);
        if (_random.Chance(_state.Faults.ReadFails))
            throw new JournalException(what, "simulated failure", isTransient: true);
    }

    /// <returns>Why it is not known what came of it; null if the request arrived.</returns>
    private async Task<string?> LoseRequestAsync(string what, CancellationToken cancellationToken)
    {
        _process.Loop.AssertOnLoop(what);
        await WayAsync(cancellationToken);
        return !_state.IsReachedBy(Node) || _random.Chance(_state.Faults.RequestLost)
            ? await TimeOutAsync(what, "no answer", cancellationToken)
            : null;
    }

    private async Task<string?> LoseAnswerAsync(string what, CancellationToken cancellationToken)
    {
        await WayAsync(cancellationToken);
        return !_state.IsReachedBy(Node) || _random.Chance(_state.Faults.AnswerLost)
            ? await TimeOutAsync(what, "no answer, but it took effect", cancellationToken)
            : null;
    }

    private async Task<string> TimeOutAsync(string what, string why, CancellationToken cancellationToken)
    {
        _process.Note($"store: {what}: {why}");
        await Task.Delay(Deadline, _process.Time, cancellationToken);
        // What the client can know.
        return "no answer in time";
    }

    private void Later<T>(string what, Func<T> write)
        where T : class => _ = _process.Loop.Run(async () =>
    {
        await Task.Delay(_random.UpTo(TimeSpan.FromSeconds(5)), _process.Loop.Time);
        _process.Loop.Note($"store: {what} arrives late: {write().GetType().Name}");
    });

    private Task WayAsync(CancellationToken cancellationToken) =>
        Task.Delay(_random.UpTo(_state.Faults.SlowestWay), _process.Time, cancellationToken);
}
