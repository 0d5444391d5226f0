namespace Fabric.Cluster.Tests;

/// <summary>Virtual time; its one driver is the <see cref="SimulatedLoop"/>.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<SimulatedTimer, (TimeSpan Due, long Tie)> _timers = new();
    private long _ties;

    public TimeSpan Elapsed { get; private set; }

    // An odd frequency and start show code that takes timestamps for ticks or for times since a start.
    public override long TimestampFrequency => 2_718_281;

    public override long GetTimestamp() => 31_415_926 + (long)((Int128)Elapsed.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass until the next timer, and fires it.</summary>
    /// <returns>False if there is none.</returns>
    public bool FireNext()
    {
        while (_timers.TryDequeue(out var timer, out var at))
        {
            if (timer.Due != at.Due || timer.Tie != at.Tie)
                continue;
            Elapsed = at.Due > Elapsed ? at.Due : Elapsed;
            timer.Fire();
            return true;
        }
        return false;
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan? Due { get; private set; }

        public long Tie { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.Elapsed + dueTime;
            Tie = ++time._ties;
            if (Due is { } due)
                time._timers.Enqueue(this, (due, Tie));
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            else
                Due = null;
            callback(state);
        }

        public void Dispose() => Due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
