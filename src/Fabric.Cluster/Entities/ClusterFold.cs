using System.Runtime.CompilerServices;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Follows one cluster stream: snapshot, then events in order, then what comes, until cancelled.</summary>
/// <remarks>Survives a store that comes and goes. Each enumeration is one follower; used on one loop.</remarks>
public sealed class ClusterFold<TState>(
    IEntity<TState> entity, PersistenceId id, IClusterStore store, EventCatalog catalog, TimeProvider time)
    where TState : class
{
    /// <summary>How long it waits before it tries a store that failed again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The state at the stream's present end, for a single look.</summary>
    /// <exception cref="JournalException">
    /// The store can't be read, or holds what this version does not know.
    /// </exception>
    public async Task<FoldStep<TState>.CaughtUp> ReadAsync(CancellationToken cancellationToken)
    {
        var fold = new StreamFold<TState>(entity, id, catalog);
        await fold.TakeSnapshotAsync(store, cancellationToken);
        await fold.CatchUpAsync(store, null, cancellationToken);
        return fold.Stall is { } stall
            ? throw new JournalException($"read {id}", stall, isTransient: false)
            : new FoldStep<TState>.CaughtUp(fold.State, fold.SequenceNr);
    }

    public IAsyncEnumerable<FoldStep<TState>> FollowAsync(CancellationToken cancellationToken) =>
        FollowAsync(entity.Initial, 0, cancellationToken);

    /// <summary>
    /// Goes on after an event whose state the caller still has: a node after a restart, from its own copies.
    /// </summary>
    public async IAsyncEnumerable<FoldStep<TState>> FollowAsync(
        TState state, long afterSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var fold = new StreamFold<TState>(entity, id, catalog);
        fold.Restore(state, afterSequenceNr);
        var jump = afterSequenceNr == 0;
        string? gap = null;
        long? end = null;
        var caughtUp = false;
        IAsyncEnumerator<EventEnvelope>? watch = null;
        try
        {
            while (true)
            {
                FoldStep<TState>? step = null;
                try
                {
                    if (jump)
                    {
                        if (await fold.TakeSnapshotAsync(store, cancellationToken))
                            step = new FoldStep<TState>.Jumped(fold.State, fold.SequenceNr);
                        else if (gap is not null)
                            step = new FoldStep<TState>.Interrupted($"{gap}, and there is no snapshot yet that covers it");
                        (jump, gap) = (false, null);
                    }
                    else if (end is null)
                    {
                        end = (await store.ReadHeadAsync(id, cancellationToken)).LastSequenceNr;
                    }
                    else if (!caughtUp && fold.SequenceNr >= end)
                    {
                        caughtUp = true;
                        step = new FoldStep<TState>.CaughtUp(fold.State, fold.SequenceNr);
                    }
                    else
                    {
                        watch ??= store.WatchAsync(id, fold.SequenceNr + 1, cancellationToken).GetAsyncEnumerator(cancellationToken);
                        if (await watch.MoveNextAsync() && fold.Apply(watch.Current, out var applied))
                            step = new FoldStep<TState>.Folded(applied, fold.State);
                    }
                }
                catch (StreamGapException e)
                {
                    (watch, jump, gap) = (null, true, e.Message);
                }
                catch (JournalException e) when (e.IsTransient)
                {
                    // Asking for the end again tells when the store is back, also if nothing happens in the stream then.
                    (watch, end, caughtUp) = (null, null, false);
                    step = new FoldStep<TState>.Interrupted(e.Message);
                }
                if (fold.Stall is { } stall)
                    step = new FoldStep<TState>.Stalled(stall);
                if (step is not null)
                    yield return step;
                if (step is FoldStep<TState>.Stalled)
                    yield break;
                if (step is FoldStep<TState>.Interrupted)
                    await Task.Delay(RetryAfter, time, cancellationToken);
            }
        }
        finally
        {
            if (watch is not null)
                await watch.DisposeAsync();
        }
    }
}
