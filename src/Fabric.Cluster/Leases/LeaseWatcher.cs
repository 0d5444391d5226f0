using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>
/// Keeps a <see cref="LeaseObserver"/> fed from the store, and says when there is something new to judge.
/// </summary>
internal sealed class LeaseWatcher(IClusterStore store, string prefix, TimeProvider time, Action<string> report)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public LeaseObserver Observer { get; } = new(time);

    /// <summary>Raised at changes other than plain renewals; expiry is the caller's to time.</summary>
    public ChangeSignal Changed { get; } = new();

    /// <summary>Runs until cancelled, and then returns.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var changes in store.WatchLeasesAsync(prefix, cancellationToken))
                {
                    if (Observer.Apply(changes))
                        Changed.Raise();
                }
            }
            catch (JournalException e)
            {
                Observer.Lose();
                report($"leases can't be watched: {e.Message}");
                await Quiet.Delay(RetryAfter, time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Waits for a change, or until <paramref name="atMost"/> has passed.</summary>
    public async Task WaitAsync(long seen, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        if (atMost is not { } due)
        {
            await Changed.WaitAsync(seen, cancellationToken);
            return;
        }
        // Timers count whole milliseconds; rounded down, one would fire just before the moment that it is for, again
        // and again.
        var milliseconds = Math.Max(1, Math.Ceiling(due.TotalMilliseconds));
        await using var timer = time.CreateTimer(_ => Changed.Raise(), null, TimeSpan.FromMilliseconds(milliseconds),
            Timeout.InfiniteTimeSpan);
        await Changed.WaitAsync(seen, cancellationToken);
    }
}
