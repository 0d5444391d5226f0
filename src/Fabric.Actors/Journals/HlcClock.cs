using Fabric.Messages;

namespace Fabric.Actors;

/// <summary>A writer's hybrid logical clock: each reading exceeds the one before and that of every event it has adopted.</summary>
/// <remarks>
/// Kulkarni et al., Logical Physical Clocks, 2014. All time comes from the <see cref="TimeProvider"/>. Any thread may call it.
/// Two faults are reported instead of hidden: a remote clock that is far ahead, and a wall clock that was set.
/// </remarks>
public sealed class HlcClock
{
    /// <summary>A remote reading further ahead than this is not adopted: one wrong clock would carry all others away.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(5);

    /// <summary>A wall clock that has moved by more than this beside the monotonic clock was set, not slewed.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private Hlc _last;
    private DateTimeOffset _wall;
    private long _timestamp;

    /// <param name="last">The newest HLC in the writer's journal, so that readings grow across restarts.</param>
    public HlcClock(TimeProvider time, Hlc last)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _last = last;
        _wall = time.GetUtcNow();
        _timestamp = time.GetTimestamp();
    }

    /// <summary>The newest reading that was given out or adopted.</summary>
    public Hlc Last
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    /// <summary>A reading for a new event: the wall clock's millisecond, or one past the last reading where that is not behind it.</summary>
    public HlcReading Next()
    {
        lock (_gate)
        {
            var (wall, step) = ReadWall();
            var now = new Hlc(wall.ToUnixTimeMilliseconds(), 0);
            _last = now > _last ? now : _last.Next();
            return new HlcReading(_last, wall, step);
        }
    }

    /// <summary>Takes note of an event that is being folded.</summary>
    /// <returns>
    /// How far ahead of the wall clock the reading is, if that is more than <see cref="MostAhead"/>: the event is to be folded all
    /// the same, its reading was not adopted, and the difference is to be reported. Null otherwise.
    /// </returns>
    public TimeSpan? Observe(Hlc seen)
    {
        lock (_gate)
        {
            // Not ReadWall: a step found here would go unreported.
            var ahead = seen.UnixMilliseconds - _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (ahead > MostAhead.TotalMilliseconds && seen > _last)
                return TimeSpan.FromMilliseconds(ahead);
            if (seen > _last)
                _last = seen;
            return null;
        }
    }

    /// <summary>Takes over a reading from the writer's own journal, however far ahead: its own past is never in doubt.</summary>
    public void Resume(Hlc own)
    {
        lock (_gate)
        {
            if (own > _last)
                _last = own;
        }
    }

    private (DateTimeOffset Wall, TimeSpan? Step) ReadWall()
    {
        var wall = _time.GetUtcNow();
        var timestamp = _time.GetTimestamp();
        var step = wall - _wall - _time.GetElapsedTime(_timestamp, timestamp);
        (_wall, _timestamp) = (wall, timestamp);
        return (wall, step.Duration() > Step ? step : null);
    }
}
