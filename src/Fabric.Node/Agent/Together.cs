namespace Fabric.Node;

/// <summary>Runs tasks that live and end together.</summary>
internal static class Together
{
    /// <summary>When the first task ends, the term is cancelled; what the first one failed with is thrown once all have ended.</summary>
    public static async Task RunAsync(IReadOnlyCollection<Task> tasks, CancellationTokenSource term)
    {
        Exception? failure = null;
        var guarded = tasks.Select(GuardAsync).ToArray();
        foreach (var task in guarded)
            await task;
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        async Task GuardAsync(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (term.IsCancellationRequested)
            {
                // That is how they end.
            }
            catch (OperationCanceledException e)
            {
                // Nobody asked for it, so whoever sees it at the top must not take it for an end that was.
                failure ??= new InvalidOperationException($"work was given up that nobody cancelled: {e.Message}", e);
            }
            catch (Exception e)
            {
                failure ??= e;
            }
            // Cancelling runs what is registered on this thread; the simulation's loop must not be left for it.
            if (!term.IsCancellationRequested)
                term.Cancel();
        }
    }
}
