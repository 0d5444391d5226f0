namespace Fabric.Actors;

/// <summary>Ends asks whose time is up, with one timer for all of them.</summary>
/// <remarks>A timer for each ask would triple its allocations (docs/performance.md); the loop's thread only.</remarks>
internal sealed class Deadlines : IDisposable
{
    private readonly PriorityQueue<(IAsker Asker, string What), long> _queue = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly SynchronizationContext _loop;
    private long _armedFor = long.MaxValue;

    public Deadlines(TimeProvider time, SynchronizationContext loop)
    {
        _time = time;
        _loop = loop;
        _timer = time.CreateTimer(static self => ((Deadlines)self!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(IAsker asker, TimeSpan deadline, string what)
    {
        var due = _time.GetTimestamp() + (long)(deadline.TotalSeconds * _time.TimestampFrequency);
        _queue.Enqueue((asker, what), due);
        if (due < _armedFor)
            Arm(due);
    }

    private void Arm(long due)
    {
        _armedFor = due;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), due);
        // Rounded up: a timer that rings a tick early would only be armed again.
        _timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private void Ring() => _loop.Post(static self => ((Deadlines)self!).Sweep(), this);

    private void Sweep()
    {
        _armedFor = long.MaxValue;
        var now = _time.GetTimestamp();
        while (_queue.TryPeek(out var entry, out var due) && (due <= now || entry.Asker.IsDone))
        {
            _queue.Dequeue();
            entry.Asker.End(new AskResult.Unavailable($"no answer from {entry.What} within its deadline"));
        }
        if (_queue.TryPeek(out _, out var next))
            Arm(next);
    }

    public void Dispose() => _timer.Dispose();
}
