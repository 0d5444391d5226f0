using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Who appends to cluster streams: makes commit ids that are never used twice, and HLC readings that only grow.
/// </summary>
/// <remarks>One for each node and incarnation; used on one loop.</remarks>
public sealed class ClusterWriter(NodeName node, long incarnation, TimeProvider time)
{
    private readonly HlcClock _clock = new(time, default);
    private long _counter;

    public NodeName Node { get; } = node;

    public long Incarnation { get; } = incarnation;

    public TimeProvider Time { get; } = time;

    /// <summary>How far ahead the worst reading was that was not adopted; zero if there was none.</summary>
    public TimeSpan WorstAhead { get; private set; }

    public CommitId NextCommitId() => new(Node.Value, Incarnation, ++_counter);

    /// <summary>The HLC and wall clock for a new event.</summary>
    public HlcReading NextReading() => _clock.Next();

    /// <summary>Takes note of an event that was folded, so that what is written next comes after it.</summary>
    public void Observe(Hlc hlc)
    {
        if (_clock.Observe(hlc) is { } ahead && ahead > WorstAhead)
            WorstAhead = ahead;
    }
}
