namespace Fabric.Node;

/// <summary>Wakes one waiter on the event loop; any number of calls before it wakes count as one.</summary>
/// <remarks>Lives on the event loop; only a cancellation may come from elsewhere.</remarks>
public sealed class AsyncSignal
{
    private readonly SynchronizationContext _loop = SynchronizationContext.Current
        ?? throw new InvalidOperationException("a signal is made on the event loop that it is to wake");

    private TaskCompletionSource? _waiter;
    private bool _set;

    public void Set()
    {
        _set = true;
        Wake();
    }

    /// <summary>Completes when <see cref="Set"/> was called since the last wait.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!_set)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(static self => ((AsyncSignal)self!).Cancelled(), this))
                await _waiter.Task;
        }
        _set = false;
    }

    private void Cancelled() => _loop.Post(static self => ((AsyncSignal)self!).Wake(), this);

    private void Wake()
    {
        var waiter = _waiter;
        _waiter = null;
        waiter?.TrySetResult();
    }
}
