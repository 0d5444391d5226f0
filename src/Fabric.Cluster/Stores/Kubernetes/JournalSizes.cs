namespace Fabric.Cluster;

/// <summary>When commits leave a journal for a segment, and when a segment is full; a simulation makes all of it small.</summary>
/// <param name="TailBytes">The most of commits in a journal: whoever follows is sent all of it at each change.</param>
/// <param name="KeptBytes">What stays when a tail is full: enough that a follower which lags a little reads no segment.</param>
/// <param name="SegmentBytes">A segment is written again, with more in it, until it has this size.</param>
/// <param name="MaxSegmentBytes">
/// A segment is not made larger by a further event; one alone may be larger, at most 1.4 MiB (etcd takes 1.5 MiB).
/// </param>
public sealed record JournalSizes(int TailBytes, int KeptBytes, int SegmentBytes, int MaxSegmentBytes)
{
    public static JournalSizes Default { get; } = new(16 << 10, 8 << 10, 64 << 10, 512 << 10);
}
