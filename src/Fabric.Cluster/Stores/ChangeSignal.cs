namespace Fabric.Cluster;

/// <summary>Counts changes and wakes everyone who waits for the next one.</summary>
/// <remarks>
/// <para>
/// Take <see cref="Count"/> before reading: a change between the reading and the waiting is then not missed.
/// </para>
/// <para>
/// Waiters await the very task that is completed here. Task.WhenAny and Task.WaitAsync in between would complete on a
/// pool thread, because that task runs its continuations asynchronously, and so leave a simulation's only thread.
/// </para>
/// </remarks>
public sealed class ChangeSignal
{
    private readonly Lock _gate = new();
    private List<TaskCompletionSource> _waiters = [];
    private long _count;

    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    public void Raise()
    {
        List<TaskCompletionSource> woken;
        lock (_gate)
        {
            _count++;
            if (_waiters.Count == 0)
                return;
            (woken, _waiters) = (_waiters, []);
        }
        foreach (var waiter in woken)
            waiter.TrySetResult();
    }

    /// <summary>Completes once there were more than <paramref name="seen"/> changes.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first.</exception>
    public async Task WaitAsync(long seen, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Not inside whoever raises: that may hold a lock, and it is not the waiter's turn.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_count != seen)
                return;
            _waiters.Add(waiter);
        }
        using (cancellationToken.UnsafeRegister(_ => Leave(waiter), null))
            await waiter.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Leave(TaskCompletionSource waiter)
    {
        lock (_gate)
            _waiters.Remove(waiter);
        waiter.TrySetResult();
    }
}
