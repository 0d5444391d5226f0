namespace Fabric.Simulation;

/// <summary>The virtual clock as one process sees it: monotonic time is the loop's, the wall clock can be stepped.</summary>
/// <remarks>
/// The timestamp frequency is the 3,579,545 Hz of the ACPI timer: neither ticks nor nanoseconds, so code that takes a timestamp
/// for either is found out.
/// </remarks>
public sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 2, 58, 0, TimeSpan.Zero);

    private readonly SimulatedLoop _loop;
    private readonly SimulatedProcess? _process;
    private TimeSpan _wallOffset;

    internal SimulatedTime(SimulatedLoop loop, SimulatedProcess? process)
    {
        _loop = loop;
        _process = process;
    }

    public override long TimestampFrequency => 3_579_545;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() =>
        (long)((Int128)Own(_loop.Now).Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => s_start + Own(_loop.Now) + _wallOffset;

    /// <summary>How much faster than the world's both clocks go; set before anybody has looked at them.</summary>
    public double Drift { get; set; }

    /// <summary>A time of this clock in the world's.</summary>
    internal TimeSpan ToWorld(TimeSpan own) => Drift == 0 ? own : own / (1 + Drift);

    private TimeSpan Own(TimeSpan world) => Drift == 0 ? world : world * (1 + Drift);

    /// <summary>Moves the wall clock and nothing else, as a time daemon or an operator does.</summary>
    public void StepWallClock(TimeSpan by) => _wallOffset += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimulatedTimer(this, _loop, _process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
