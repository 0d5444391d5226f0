namespace Fabric.Cluster.Kubernetes;

/// <summary>
/// Lets requests through at a steady rate with a burst, and none while the server has asked for silence: a token bucket.
/// </summary>
/// <remarks>May be used from any thread.</remarks>
/// <param name="perSecond">How many requests are let through each second in the long run.</param>
/// <param name="burst">How many at once after a silence.</param>
internal sealed class RequestBudget(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();

    // The moment, in seconds since the beginning, at which the bucket would be full.
    private double _full;

    /// <summary>Waits for its turn.</summary>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = Now();
            _full = Math.Max(_full, now) + 1 / perSecond;
            wait = TimeSpan.FromSeconds(Math.Max(0, _full - now - burst / perSecond));
        }
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken);
    }

    /// <summary>Nobody's turn comes before this time has passed.</summary>
    public void Rest(TimeSpan duration)
    {
        lock (_gate)
            _full = Math.Max(_full, Now() + duration.TotalSeconds + burst / perSecond);
    }

    private double Now() => time.GetElapsedTime(_began).TotalSeconds;
}
