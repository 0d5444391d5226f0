namespace Fabric.Node;

/// <summary>Wakes one waiter on the event loop; any number of calls before it wakes count as one.</summary>
public sealed class AsyncSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => _next.TrySetResult();

    /// <summary>Completes when <see cref="Set"/> was called since the last wait.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _next.Task.WaitAsync(cancellationToken);
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
