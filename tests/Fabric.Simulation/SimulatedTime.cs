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
        (long)((Int128)_loop.Now.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => s_start + _loop.Now + _wallOffset;

    /// <summary>Moves the wall clock and nothing else, as a time daemon or an operator does.</summary>
    public void StepWallClock(TimeSpan by) => _wallOffset += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimulatedTimer(_loop, _process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
