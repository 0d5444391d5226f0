using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>A journal that fails as disks do, by a seed: the same calls in the same order fail in the same way.</summary>
/// <remarks>
/// Delays go through <c>pause</c>, which the simulation lets virtual time fill; without it nothing waits. Faults can be changed
/// and turned off while it runs. Any thread may call it.
/// </remarks>
public sealed class FaultyJournal(
    INodeJournal inner, ulong seed, JournalFaults faults, Func<TimeSpan, CancellationToken, ValueTask>? pause = null) : INodeJournal
{
    private const string DiskFull = "database or disk is full";

    private readonly Lock _gate = new();
    private ulong _state = seed;
    private int _fullFor;

    public JournalFaults Faults { get; set; } = faults;

    /// <summary>How many calls have failed on purpose.</summary>
    public int Failures { get; private set; }

    public long LastOrdering => inner.LastOrdering;

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(append);
        await Pause(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (FillsUp())
            return new AppendOutcome.Unknown(DiskFull);
        if (Strikes(Faults.LostAppend))
            return new AppendOutcome.Unknown("lost on purpose");
        var outcome = await inner.AppendAsync(append, cancellationToken);
        return Strikes(Faults.UnansweredAppend) ? new AppendOutcome.Unknown("unanswered on purpose") : outcome;
    }

    public ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        Reading($"read head of {stream}", () => inner.ReadHeadAsync(stream, cancellationToken), cancellationToken);

    public IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, CancellationToken cancellationToken) =>
        Reading($"read {stream}", inner.ReadAsync(stream, fromSequenceNr, cancellationToken), cancellationToken);

    public IAsyncEnumerable<EventEnvelope> ReadAllAsync(long fromOrdering, CancellationToken cancellationToken) =>
        Reading("read all", inner.ReadAllAsync(fromOrdering, cancellationToken), cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken) =>
        Reading($"read snapshot of {stream}", () => inner.ReadSnapshotAsync(stream, cancellationToken), cancellationToken);

    public ValueTask<Snapshot?> ReadSnapshotAtAsync(
        PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken) => Reading(
        $"read snapshot of {stream}", () => inner.ReadSnapshotAtAsync(stream, throughSequenceNr, cancellationToken),
        cancellationToken);

    public ValueTask<JournalHorizon> ReadHorizonAsync(CancellationToken cancellationToken) =>
        Reading("read horizon", () => inner.ReadHorizonAsync(cancellationToken), cancellationToken);

    public ValueTask<ImmutableDictionary<long, string>> ReadTextsAsync(
        IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        Reading("read texts", () => inner.ReadTextsAsync(ids, cancellationToken), cancellationToken);

    public async ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        await Writing("save snapshot", cancellationToken);
        await inner.SaveSnapshotAsync(snapshot, cancellationToken);
    }

    public async ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        await Writing($"prune {stream}", cancellationToken);
        await inner.PruneAsync(stream, throughSequenceNr, cancellationToken);
    }

    public async ValueTask<CompactionReport> CompactAsync(Retention retention, long foldedOrdering,
        IReadOnlySet<long>? liveTexts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await Writing("compact", cancellationToken);
        return await inner.CompactAsync(retention, foldedOrdering, liveTexts, now, cancellationToken);
    }

    public ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken = default) =>
        inner.Follow(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<T> Reading<T>(string what, Func<ValueTask<T>> read, CancellationToken cancellationToken)
    {
        await Pause(cancellationToken);
        if (Strikes(Faults.UnreadableRead))
            throw new JournalException(what, "unreadable on purpose", isTransient: true);
        return await read();
    }

    private async IAsyncEnumerable<EventEnvelope> Reading(
        string what, IAsyncEnumerable<EventEnvelope> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Pause(cancellationToken);
        var fails = Strikes(Faults.UnreadableRead);
        var readable = fails ? (int)(Draw() * 10) : int.MaxValue;
        await foreach (var e in events.WithCancellation(cancellationToken))
        {
            if (readable-- == 0)
                break;
            yield return e;
        }
        // A short stream fails at its end: a read that was meant to fail never looks complete.
        if (fails)
            throw new JournalException(what, "unreadable on purpose", isTransient: true);
    }

    private async ValueTask Writing(string what, CancellationToken cancellationToken)
    {
        await Pause(cancellationToken);
        if (FillsUp())
            throw new JournalException(what, DiskFull, isTransient: true);
        if (Strikes(Faults.FailedWrite))
            throw new JournalException(what, "failed on purpose", isTransient: true);
    }

    private ValueTask Pause(CancellationToken cancellationToken) =>
        Draw() < Faults.Delay && pause is not null ? pause(Draw() * Faults.LongestDelay, cancellationToken) : default;

    private bool Strikes(double rate)
    {
        if (Draw() >= rate)
            return false;
        lock (_gate)
            Failures++;
        return true;
    }

    private bool FillsUp()
    {
        lock (_gate)
        {
            if (_fullFor == 0 && DrawLocked() < Faults.DiskFull)
                _fullFor = 1 + (int)(DrawLocked() * Faults.LongestDiskFull);
            if (_fullFor == 0)
                return false;
            _fullFor--;
            Failures++;
            return true;
        }
    }

    private double Draw()
    {
        lock (_gate)
            return DrawLocked();
    }

    // SplitMix64 (Steele, Lea, Flood 2014): the algorithm of System.Random is not a contract.
    private double DrawLocked()
    {
        var z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB;
        return ((z ^ z >> 31) >> 11) * (1.0 / (1UL << 53));
    }
}
