using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>A journal in memory as one process reaches it: calls take virtual time, and fail as <see cref="DiskFaults"/> says.</summary>
/// <remarks>
/// The disk outlives the process: a restarted one gets a new instance over the same <paramref name="disk"/>. A crash falls before
/// the append is on disk or after it, with or without its answer, as the delays have it.
/// </remarks>
public sealed class SimulatedJournal(INodeJournal disk, SimulatedLoop loop, SimulatedProcess process) : INodeJournal
{
    private readonly SeededRandom _random = loop.Random.Fork();

    public DiskFaults Faults { get; set; } = DiskFaults.None;

    /// <summary>While set, no call succeeds: the disk is full or gone.</summary>
    public bool IsDown { get; set; }

    /// <summary>Told of every append that is on disk, before its answer is under way.</summary>
    public Action<Append>? Written { get; set; }

    public long LastOrdering => disk.LastOrdering;

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        loop.AssertOnLoop("append");
        await DelayAsync(cancellationToken);
        if (IsDown || _random.Chance(Faults.AppendLost))
            return Unknown(append, "the append was lost");
        if (_random.Chance(Faults.AppendLate))
        {
            _ = loop.Run(() => WriteLateAsync(append));
            return Unknown(append, "the append is under way");
        }
        var outcome = await disk.AppendAsync(append, cancellationToken);
        process.Note($"append {append.Stream}#{append.LastSequenceNr} {append.Events[^1].Manifest}: {outcome.GetType().Name}");
        if (outcome is AppendOutcome.Appended)
            Written?.Invoke(append);
        await DelayAsync(cancellationToken);
        return _random.Chance(Faults.AnswerLost) ? Unknown(append, "the answer was lost") : outcome;
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await ReadDelayAsync($"read head of {stream}", cancellationToken);
        return await disk.ReadHeadAsync(stream, cancellationToken);
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ReadDelayAsync($"read {stream}", cancellationToken);
        // As from disk: whoever reads has to decode.
        await foreach (var e in disk.ReadAsync(stream, fromSequenceNr, cancellationToken))
            yield return e with { Event = null };
    }

    public async ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        await ReadDelayAsync($"read snapshot of {stream}", cancellationToken);
        return await disk.ReadSnapshotAsync(stream, cancellationToken);
    }

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        loop.AssertOnLoop("save snapshot");
        await DelayAsync(cancellationToken);
        if (IsDown || _random.Chance(Faults.SnapshotFails))
            throw new JournalException($"save snapshot of {snapshot.Stream}", "simulated failure", isTransient: true);
        await disk.SaveSnapshotAsync(snapshot, cancellationToken);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken);
        await disk.PruneAsync(stream, throughSequenceNr, cancellationToken);
    }

    public async ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken)
    {
        await ReadDelayAsync("read horizon", cancellationToken);
        return await disk.ReadHorizonAsync(cancellationToken);
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAllAsync(
        long fromOrdering, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ReadDelayAsync("read all", cancellationToken);
        await foreach (var e in disk.ReadAllAsync(fromOrdering, cancellationToken))
            yield return e with { Event = null };
    }

    public ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken = default) =>
        disk.Follow(cancellationToken);

    public async ValueTask<Snapshot?> ReadSnapshotAtAsync(
        PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        await ReadDelayAsync($"read snapshot of {stream}", cancellationToken);
        return await disk.ReadSnapshotAtAsync(stream, throughSequenceNr, cancellationToken);
    }

    public async ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(
        IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        await ReadDelayAsync("read texts", cancellationToken);
        return await disk.ReadTextsAsync(ids, cancellationToken);
    }

    public async ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering,
        IReadOnlySet<long>? liveTexts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await DelayAsync(cancellationToken);
        return await disk.CompactAsync(retention, foldedOrdering, liveTexts, now, cancellationToken);
    }

    /// <summary>The disk stays for the process that comes next.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteLateAsync(Append append)
    {
        await Task.Delay(_random.UpTo(TimeSpan.FromSeconds(2)), loop.Time);
        var outcome = await disk.AppendAsync(append, CancellationToken.None);
        loop.Note($"late append {append.Stream}#{append.LastSequenceNr}: {outcome.GetType().Name}");
        if (outcome is AppendOutcome.Appended)
            Written?.Invoke(append);
    }

    private AppendOutcome.Unknown Unknown(Append append, string reason)
    {
        process.Note($"append {append.Stream}#{append.LastSequenceNr}: {reason}");
        return new AppendOutcome.Unknown(reason);
    }

    private async Task ReadDelayAsync(string operation, CancellationToken cancellationToken)
    {
        loop.AssertOnLoop(operation);
        await DelayAsync(cancellationToken);
        if (IsDown || _random.Chance(Faults.ReadFails))
            throw new JournalException(operation, "simulated failure", isTransient: true);
    }

    private Task DelayAsync(CancellationToken cancellationToken) =>
        Task.Delay(_random.UpTo(Faults.SlowestCall), process.Time, cancellationToken);
}
