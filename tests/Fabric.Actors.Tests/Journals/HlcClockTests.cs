using Fabric.Messages;

namespace Fabric.Actors.Tests;

public sealed class HlcClockTests
{
    private readonly SettableTime _time = new();

    [Fact]
    public void Readings_grow_while_the_wall_clock_stands_still()
    {
        var clock = new HlcClock(_time, default);
        var first = clock.Next().Hlc;
        Assert.Equal(new Hlc(_time.Wall.ToUnixTimeMilliseconds(), 0), first);
        Assert.Equal(new Hlc(first.UnixMilliseconds, 1), clock.Next().Hlc);
    }

    [Fact]
    public void Readings_grow_past_the_counter_s_end()
    {
        var clock = new HlcClock(_time, new Hlc(_time.Wall.ToUnixTimeMilliseconds(), ushort.MaxValue));
        Assert.Equal(new Hlc(_time.Wall.ToUnixTimeMilliseconds() + 1, 0), clock.Next().Hlc);
    }

    [Fact]
    public void Readings_grow_after_a_restart_with_the_wall_clock_behind()
    {
        var last = new Hlc(_time.Wall.AddHours(2).ToUnixTimeMilliseconds(), 9);
        Assert.Equal(last.Next(), new HlcClock(_time, last).Next().Hlc);
    }

    [Fact]
    public void A_reading_follows_the_wall_clock_when_that_is_ahead()
    {
        var clock = new HlcClock(_time, default);
        clock.Next();
        _time.Pass(TimeSpan.FromSeconds(3));
        var reading = clock.Next();
        Assert.Equal(new Hlc(_time.Wall.ToUnixTimeMilliseconds(), 0), reading.Hlc);
        Assert.Equal(_time.Wall, reading.Wall);
        Assert.Null(reading.Stepped);
    }

    [Fact]
    public void A_reading_exceeds_that_of_an_event_that_was_folded()
    {
        var clock = new HlcClock(_time, default);
        var remote = new Hlc(_time.Wall.AddSeconds(4).ToUnixTimeMilliseconds(), 3);
        Assert.Null(clock.Observe(remote));
        Assert.Equal(remote.Next(), clock.Next().Hlc);
    }

    [Fact]
    public void An_older_event_changes_nothing()
    {
        var clock = new HlcClock(_time, default);
        var last = clock.Next().Hlc;
        Assert.Null(clock.Observe(new Hlc(last.UnixMilliseconds - 1, 5)));
        Assert.Equal(last, clock.Last);
    }

    [Fact]
    public void A_remote_clock_more_than_five_seconds_ahead_is_reported_and_not_adopted()
    {
        var clock = new HlcClock(_time, default);
        var ahead = clock.Observe(new Hlc(_time.Wall.AddMilliseconds(5_001).ToUnixTimeMilliseconds(), 0));
        Assert.Equal(TimeSpan.FromMilliseconds(5_001), ahead);
        Assert.Equal(new Hlc(_time.Wall.ToUnixTimeMilliseconds(), 0), clock.Next().Hlc);
    }

    [Theory]
    [InlineData(1_001)]
    [InlineData(-1_001)]
    [InlineData(-86_400_000)]
    public void A_wall_clock_that_was_set_is_reported_once(long milliseconds)
    {
        var clock = new HlcClock(_time, default);
        var before = clock.Next().Hlc;
        _time.Pass(TimeSpan.FromSeconds(10));
        _time.Wall += TimeSpan.FromMilliseconds(milliseconds);
        var reading = clock.Next();
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), reading.Stepped);
        Assert.True(reading.Hlc > before);
        Assert.Null(clock.Next().Stepped);
    }

    [Fact]
    public void Observing_does_not_hide_a_step()
    {
        var clock = new HlcClock(_time, default);
        _time.Wall += TimeSpan.FromHours(1);
        clock.Observe(new Hlc(_time.Wall.ToUnixTimeMilliseconds(), 0));
        Assert.Equal(TimeSpan.FromHours(1), clock.Next().Stepped);
    }

    [Fact]
    public void A_slewed_wall_clock_is_not_reported()
    {
        var clock = new HlcClock(_time, default);
        _time.Pass(TimeSpan.FromSeconds(100));
        _time.Wall += TimeSpan.FromMilliseconds(999);
        Assert.Null(clock.Next().Stepped);
    }

    // An odd timestamp frequency shows where ticks are taken for timestamps.
    private sealed class SettableTime : TimeProvider
    {
        private long _timestamp = 12_345;

        public DateTimeOffset Wall { get; set; } = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => 3_000_000;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => _timestamp;

        public void Pass(TimeSpan time)
        {
            Wall += time;
            _timestamp += (long)(time.TotalSeconds * TimestampFrequency);
        }
    }
}
