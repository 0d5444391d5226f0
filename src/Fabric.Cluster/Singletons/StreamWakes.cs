using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>Tells the singletons' holder that somebody has written to one of their streams: an operator's command.</summary>
/// <param name="wake">Called for each event, the holder's own included.</param>
internal sealed class StreamWakes(IClusterStore store, TimeProvider time, Action wake)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled, and then returns.</summary>
    public async Task RunAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var head = await store.ReadHeadAsync(stream, cancellationToken);
                // What was written before, or while nobody watched.
                wake();
                await foreach (var _ in store.WatchAsync(stream, head.LastSequenceNr + 1, cancellationToken))
                    wake();
            }
            catch (Exception e) when (e is JournalException or StreamGapException)
            {
                // The same outage is reported by whoever watches the leases; events that are missing are in the next head.
                await Quiet.Delay(RetryAfter, time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
