using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Follows one cluster stream and acts on what it says, once all of it has been read.</summary>
/// <remarks>
/// At an event that this version does not know it stops, keeps its last state, and says so. Lives on the event loop.
/// </remarks>
public abstract class StreamFollower<TState>(IEntity<TState> entity, PersistenceId id, FollowContext context)
    where TState : class
{
    public PersistenceId Id { get; } = id;

    /// <summary>What the stream says as far as it was read; null before its end was reached for the first time.</summary>
    public TState? State { get; private set; }

    /// <summary>Why it can't be read on by this version, or null.</summary>
    public string? Stall { get; private set; }

    /// <summary>Follows until cancelled.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken)
    {
        var fold = new ClusterFold<TState>(entity, Id, context.Store, context.Catalog, context.Time);
        await foreach (var step in fold.FollowAsync(cancellationToken))
        {
            switch (step)
            {
                case FoldStep<TState>.Folded folded:
                    context.Contact.Reached();
                    var cause = Concerns(folded.Envelope.Event!) ? await context.Copies.CopyAsync(folded.Envelope) : null;
                    if (State is not null)
                        await TakeAsync(folded.State, cause);
                    break;
                case FoldStep<TState>.CaughtUp up:
                    context.Contact.Reached();
                    await TakeAsync(up.State, null);
                    break;
                case FoldStep<TState>.Jumped jumped when State is not null:
                    await TakeAsync(jumped.State, null);
                    break;
                case FoldStep<TState>.Interrupted interrupted:
                    context.Contact.Interrupted(interrupted.Reason);
                    break;
                case FoldStep<TState>.Stalled stalled:
                    Stall = stalled.Reason;
                    context.Log.Error($"{Id} stays as it is, and so does what follows from it: {stalled.Reason}", null);
                    break;
            }
        }
        // A stalled fold is no reason to end the others.
        await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken);
    }

    /// <summary>Whether this node acts on such an event, so that its journal needs a copy.</summary>
    protected virtual bool Concerns(IEvent e) => true;

    /// <summary>Acts on a state: the first one at the stream's end, then each later one.</summary>
    /// <param name="cause">The event that led to it, if it was one and is new to this node.</param>
    protected abstract Task ActAsync(TState state, Causation? cause);

    private async Task TakeAsync(TState state, Causation? cause)
    {
        State = state;
        await ActAsync(state, cause);
        context.Contact.Changes.Raise();
    }
}
