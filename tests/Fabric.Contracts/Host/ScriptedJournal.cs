using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>A journal whose next appends go as a test says. Used on the host's loop only.</summary>
public sealed class ScriptedJournal(IJournal inner) : IJournal
{
    private readonly Queue<Fate> _fates = new();
    private readonly Dictionary<PersistenceId, int> _inFlight = [];
    private readonly HashSet<PersistenceId> _passing = [];
    private TaskCompletionSource? _hold;
    private Append? _late;

    /// <summary>What becomes of an append.</summary>
    public enum Fate
    {
        Written,

        /// <summary>Not written; the answer is "unknown".</summary>
        Lost,

        /// <summary>Written; the answer is "unknown".</summary>
        AnswerLost,

        /// <summary>The answer is "unknown"; written just before the next append.</summary>
        Late,
    }

    /// <summary>While set, every append is lost.</summary>
    public bool AppendsFail { get; set; }

    public bool ReadsFail { get; set; }

    public bool SnapshotsFail { get; set; }

    /// <summary>Reads find no event up to this one, as if it had been pruned.</summary>
    public long MissingThrough { get; set; }

    /// <summary>Done once, just before the head is read next: a moment in which another writer may come.</summary>
    public Func<Task>? BeforeNextHead { get; set; }

    /// <summary>Every append that was asked for.</summary>
    public List<Append> Appends { get; } = [];

    /// <summary>Where reads of events began.</summary>
    public List<long> ReadsFrom { get; } = [];

    public int Prunes { get; private set; }

    /// <summary>The most appends of one stream that were under way at a time.</summary>
    public int MostInFlight { get; private set; }

    public int Held { get; private set; }

    public void Next(params ReadOnlySpan<Fate> fates)
    {
        foreach (var fate in fates)
            _fates.Enqueue(fate);
    }

    /// <summary>Appends wait from now on, until they are released.</summary>
    public void Hold() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Appends of this stream go through while others are held.</summary>
    public void PassThrough(PersistenceId stream) => _passing.Add(stream);

    public void Release()
    {
        _hold?.SetResult();
        _hold = null;
    }

    public async ValueTask<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken)
    {
        Appends.Add(append);
        _inFlight[append.Stream] = _inFlight.GetValueOrDefault(append.Stream) + 1;
        MostInFlight = Math.Max(MostInFlight, _inFlight[append.Stream]);
        try
        {
            if (_hold is { } hold && !_passing.Contains(append.Stream))
            {
                Held++;
                await hold.Task;
                Held--;
            }
            return await CarryOutAsync(append, cancellationToken);
        }
        finally
        {
            _inFlight[append.Stream]--;
        }
    }

    public async ValueTask<StreamHead> ReadHeadAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        ThrowIfUnreadable();
        if (BeforeNextHead is { } once)
        {
            BeforeNextHead = null;
            await once();
        }
        return await inner.ReadHeadAsync(stream, cancellationToken);
    }

    public async IAsyncEnumerable<EventEnvelope> ReadAsync(
        PersistenceId stream, long fromSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfUnreadable();
        ReadsFrom.Add(fromSequenceNr);
        await foreach (var e in inner.ReadAsync(stream, Math.Max(fromSequenceNr, MissingThrough + 1), cancellationToken))
            yield return e;
    }

    public ValueTask<Snapshot?> ReadSnapshotAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        ThrowIfUnreadable();
        return inner.ReadSnapshotAsync(stream, cancellationToken);
    }

    public ValueTask SaveSnapshotAsync(Snapshot snapshot, CancellationToken cancellationToken) => SnapshotsFail
        ? throw new JournalException($"save snapshot of {snapshot.Stream}", "scripted failure", isTransient: true)
        : inner.SaveSnapshotAsync(snapshot, cancellationToken);

    public ValueTask PruneAsync(PersistenceId stream, long throughSequenceNr, CancellationToken cancellationToken)
    {
        Prunes++;
        return inner.PruneAsync(stream, throughSequenceNr, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<AppendOutcome> CarryOutAsync(Append append, CancellationToken cancellationToken)
    {
        if (_late is { } late)
        {
            _late = null;
            await inner.AppendAsync(late, cancellationToken);
        }
        var fate = AppendsFail ? Fate.Lost : _fates.TryDequeue(out var next) ? next : Fate.Written;
        switch (fate)
        {
            case Fate.Written:
                return await inner.AppendAsync(append, cancellationToken);
            case Fate.AnswerLost:
                await inner.AppendAsync(append, cancellationToken);
                break;
            case Fate.Late:
                _late = append;
                break;
        }
        return new AppendOutcome.Unknown($"scripted: {fate}");
    }

    private void ThrowIfUnreadable()
    {
        if (ReadsFail)
            throw new JournalException("read", "scripted failure", isTransient: true);
    }
}
