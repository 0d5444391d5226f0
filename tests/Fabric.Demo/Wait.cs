namespace Fabric.Demo;

/// <summary>Waiting is always for a condition, and always bounded.</summary>
internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks every 20 ms, on the caller's thread pool.</summary>
    /// <exception cref="DemoException">The time is over; the message names <paramref name="what"/>.</exception>
    public static async Task UntilAsync(Func<bool> condition, string what, TimeSpan within, CancellationToken cancellationToken)
    {
        if (!await HoldsAsync(condition, within, cancellationToken))
            throw new DemoException($"waited {Report.Seconds(within)} in vain until {what}");
    }

    /// <returns>False when the time is over.</returns>
    public static async Task<bool> HoldsAsync(Func<bool> condition, TimeSpan within, CancellationToken cancellationToken)
    {
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        expiry.CancelAfter(within);
        using var ticks = new PeriodicTimer(Interval);
        try
        {
            while (!await Task.Run(condition, expiry.Token))
                await ticks.WaitForNextTickAsync(expiry.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
