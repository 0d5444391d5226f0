using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Who appends to cluster streams: makes commit ids that are never used twice, and HLC readings that only grow.
/// </summary>
/// <remarks>
/// One for each node and incarnation; used on one loop. The uid is in the commit id: incarnations are counted for a uid, and when a
/// machine is reinstalled after its lease was deleted, nothing is left that they could go on from under the same name.
/// </remarks>
public sealed class ClusterWriter(NodeName node, string uid, long incarnation, TimeProvider time)
{
    private readonly HlcClock _clock = new(time, default);
    private long _counter;

    public TimeProvider Time { get; } = time;

    /// <summary>How far ahead the worst reading was that was not adopted; zero if there was none.</summary>
    public TimeSpan WorstAhead { get; private set; }

    public CommitId NextCommitId() => new($"{node}/{uid}", incarnation, ++_counter);

    /// <summary>The HLC and wall clock for a new event.</summary>
    public HlcReading NextReading() => _clock.Next();

    /// <summary>Takes note of an event that was folded, so that what is written next comes after it.</summary>
    public void Observe(Hlc hlc)
    {
        if (_clock.Observe(hlc) is { } ahead && ahead > WorstAhead)
            WorstAhead = ahead;
    }
}
