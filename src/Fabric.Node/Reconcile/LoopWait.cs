namespace Fabric.Node;

/// <summary>Waiting with a token, without leaving the event loop.</summary>
/// <remarks>
/// <c>Task.WaitAsync</c> is completed by way of the thread pool when its task's continuations run asynchronously. On the simulation's
/// loop that would be a step whose place no seed chooses.
/// </remarks>
internal static class LoopWait
{
    /// <summary>Waits for the source, or ends it as cancelled together with <paramref name="cancellationToken"/>.</summary>
    public static async Task<T> OrCancelledAsync<T>(this TaskCompletionSource<T> source, CancellationToken cancellationToken)
    {
        using (cancellationToken.Register(static s => ((TaskCompletionSource<T>)s!).TrySetCanceled(), source))
            return await source.Task;
    }

    /// <summary>Waits for the source, or ends it as cancelled together with <paramref name="cancellationToken"/>.</summary>
    public static async Task OrCancelledAsync(this TaskCompletionSource source, CancellationToken cancellationToken)
    {
        using (cancellationToken.Register(static s => ((TaskCompletionSource)s!).TrySetCanceled(), source))
            await source.Task;
    }
}
