using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>What a <see cref="ClusterFold{TState}"/> has to say next.</summary>
public abstract record FoldStep<TState>
    where TState : class
{
    private FoldStep()
    {
    }

    /// <summary>
    /// The state was taken from a snapshot, not from events: at the start, or because events were pruned.
    /// </summary>
    public sealed record Jumped(TState State, long SequenceNr) : FoldStep<TState>;

    /// <summary>An event, as it was stored and decoded, and the state after it.</summary>
    public sealed record Folded(EventEnvelope Envelope, TState State) : FoldStep<TState>;

    /// <summary>Everything that was there at the start has been given; what comes now is news.</summary>
    public sealed record CaughtUp(TState State, long SequenceNr) : FoldStep<TState>;

    /// <summary>The store can't be read; it is tried again. The last state holds.</summary>
    public sealed record Interrupted(string Reason) : FoldStep<TState>;

    /// <summary>The last step: the stream holds what this version does not know. The last state holds.</summary>
    public sealed record Stalled(string Reason) : FoldStep<TState>;
}
