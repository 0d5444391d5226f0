using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>All watches of a store: one request for the commits of all streams, one for each watch of leases.</summary>
/// <remarks>
/// A node watches the <c>singleton</c> lease or, while it holds that, the nodes' leases: two requests, whatever the number
/// of streams and nodes. Belongs to the store's loop.
/// </remarks>
internal sealed class EtcdWatches(EtcdClient client, TimeProvider time, EtcdKeys keys)
{
    private readonly EtcdFeed _commits = new(client, time, keys.AllCommitsBegin, keys.AllCommitsEnd, isUnbroken: false);
    private readonly List<EtcdFeed> _leases = [];
    private readonly HashSet<Task> _running = [];

    private IEnumerable<EtcdFeed> All => [_commits, .. _leases];

    /// <returns>Null: read the stream again, changes since then have passed.</returns>
    public EtcdWatch? AddCommits(byte[] prefix, long fromRevision) => _commits.Add(prefix, fromRevision);

    public void RemoveCommits(EtcdWatch watch) => _commits.Remove(watch);

    /// <summary>Every interruption ends the watch with an exception.</summary>
    public EtcdLeaseWatch AddLeases(byte[] begin, byte[] end, long fromRevision, CancellationToken life)
    {
        var feed = new EtcdFeed(client, time, begin, end, isUnbroken: true);
        var watch = feed.Add(begin, fromRevision)!;
        var stop = CancellationTokenSource.CreateLinkedTokenSource(life);
        var running = RunAsync(feed, stop);
        _leases.Add(feed);
        _running.RemoveWhere(t => t.IsCompleted);
        _running.Add(running);
        return new EtcdLeaseWatch(feed, watch, stop, running);
    }

    public void RemoveLeases(EtcdLeaseWatch watch)
    {
        _leases.Remove(watch.Feed);
        if (!watch.Running.IsCompleted)
            watch.Stop.Cancel();
    }

    public void Suspect(EtcdEndpoint member)
    {
        foreach (var feed in All)
            feed.Suspect(member);
    }

    public void LoseAll()
    {
        foreach (var feed in All)
            feed.Lose();
    }

    public void FailAll(JournalException failure)
    {
        foreach (var feed in All)
            feed.Fail(failure);
    }

    /// <summary>Runs until cancelled, and until all watches of leases have ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync(_commits, cancellationToken);
        await Task.WhenAll(_running);
    }

    private static async Task RunAsync(EtcdFeed feed, CancellationTokenSource stop)
    {
        using (stop)
            await RunAsync(feed, stop.Token);
    }

    /// <summary>A feed that fails in an unforeseen way says so to those who wait for it.</summary>
    private static async Task RunAsync(EtcdFeed feed, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await feed.RunAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                feed.Fail(new JournalException("watch", e.Message, isTransient: true, e));
            }
        }
    }
}
