namespace Fabric.Cluster;

/// <summary>What every cluster store takes, so that a decision fits all of them.</summary>
public static class ClusterStoreLimits
{
    /// <summary>
    /// 1 MiB for one commit's events; etcd's default limit for a request is 1.5 MiB (etcd, --max-request-bytes).
    /// </summary>
    public const int MaxCommitBytes = 1 << 20;

    /// <summary>What an event costs beyond its payload: ids, times, manifest, key.</summary>
    public const int EnvelopeBytes = 200;

    /// <summary>The size that counts against <see cref="MaxCommitBytes"/>.</summary>
    public static long SizeOf(Actors.Append append) => append.Events.Sum(e => EnvelopeBytes + (long)e.Payload.Length);
}
