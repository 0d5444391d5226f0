namespace Fabric.Cluster;

/// <summary>
/// Waiting that ends early, without an exception, when it is cancelled: for loops whose end is their normal end.
/// </summary>
internal static class Quiet
{
    public static async Task Delay(TimeSpan duration, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(duration, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
    }
}
