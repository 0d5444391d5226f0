namespace Fabric.Simulation;

/// <summary>A timer that rings as a step of the loop, in the process that made it.</summary>
internal sealed class SimulatedTimer(SimulatedTime time, SimulatedLoop loop, SimulatedProcess? process, TimerCallback callback, object? state) : ITimer
{
    // Grows with each change, so that a ring that was already queued is not heard.
    private int _setting;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;
        _setting++;
        if (dueTime != Timeout.InfiniteTimeSpan)
            Queue(dueTime, period, _setting);
        return true;
    }

    public void Dispose() => _disposed = true;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Queue(TimeSpan dueTime, TimeSpan period, int setting) => loop.Enqueue(process, loop.DueIn(time.ToWorld(dueTime)), _ =>
    {
        if (_disposed || setting != _setting)
            return;
        if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
            Queue(period, period, setting);
        callback(state);
    }, null);
}
