using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Who appends to cluster streams: makes commit ids that are never used twice, and HLC readings that only grow.</summary>
/// <remarks>One for each node and incarnation; used on one loop.</remarks>
public sealed class ClusterWriter(NodeName node, long incarnation, TimeProvider time)
{
    /// <summary>A reading further ahead than this is folded but not adopted: one wrong clock must not drag all others along.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(5);

    private Hlc _last;
    private long _counter;

    public NodeName Node { get; } = node;

    public long Incarnation { get; } = incarnation;

    public TimeProvider Time { get; } = time;

    /// <summary>How far ahead the worst reading was that was not adopted; zero if there was none.</summary>
    public TimeSpan WorstAhead { get; private set; }

    public CommitId NextCommitId() => new(Node.Value, Incarnation, ++_counter);

    public Hlc NextHlc()
    {
        var now = new Hlc(Time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
        return _last = now > _last ? now : _last.Next();
    }

    /// <summary>Takes note of an event that was folded, so that what is written next comes after it.</summary>
    public void Observe(Hlc hlc)
    {
        var ahead = TimeSpan.FromMilliseconds(hlc.UnixMilliseconds - Time.GetUtcNow().ToUnixTimeMilliseconds());
        if (ahead > MaxAhead)
            WorstAhead = ahead > WorstAhead ? ahead : WorstAhead;
        else if (hlc > _last)
            _last = hlc;
    }
}
