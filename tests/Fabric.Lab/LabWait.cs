namespace Fabric.Lab;

/// <summary>Waiting is always for a condition, and always bounded.</summary>
public static class LabWait
{
    /// <summary>The deadline of a wait that names none.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Blocks the calling thread until <paramref name="condition"/> holds; throws <see cref="LabException"/> naming
    /// <paramref name="what"/> when it still does not at the deadline.
    /// </summary>
    public static void Until(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        if (!SpinWait.SpinUntil(condition, deadline ?? DefaultDeadline))
            throw new LabException($"waiting until {what}", 0, "the deadline passed");
    }

    /// <summary>
    /// Completes once <paramref name="condition"/> holds, looking every 5 ms; throws <see cref="LabException"/> naming
    /// <paramref name="what"/> when it still does not at the deadline. Blocks no thread.
    /// </summary>
    public static async Task UntilAsync(
        Func<Task<bool>> condition,
        string what,
        TimeSpan? deadline = null,
        CancellationToken cancellation = default)
    {
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        expiry.CancelAfter(deadline ?? DefaultDeadline);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            while (!await condition())
                await ticks.WaitForNextTickAsync(expiry.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LabException($"waiting until {what}", 0, "the deadline passed");
        }
    }
}
