using System.Diagnostics;
using System.Net;

namespace Fabric.Demo;

/// <summary>A ping every 10 ms while something else happens, and what became of each of its packets.</summary>
internal sealed class RunningPing : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    // Above any round trip of a loaded machine: what is not back by then is lost.
    private static readonly TimeSpan WaitForLast = TimeSpan.FromSeconds(1);

    // The sequence number has 16 bits; ten minutes of pings are far more than the demo takes.
    private readonly long[] _sent = new long[ushort.MaxValue + 1];
    private readonly long[] _answered = new long[ushort.MaxValue + 1];
    private readonly Echo _echo;
    private readonly IPAddress _target;
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private volatile int _count;
    private volatile int _lastAnswered = -1;
    private volatile bool _stopSending;
    private volatile bool _stopReceiving;

    private RunningPing(string title, Echo echo, IPAddress target)
    {
        (Title, _echo, _target) = (title, echo, target);
        _sender = new Thread(SendLoop) { IsBackground = true, Name = $"ping {title}" };
        _receiver = new Thread(ReceiveLoop) { IsBackground = true, Name = $"pong {title}" };
        _receiver.Start();
        _sender.Start();
    }

    /// <summary>From whom to whom.</summary>
    public string Title { get; }

    /// <summary>How many requests were sent so far.</summary>
    public int Sent => _count;

    /// <summary>The highest sequence number that was answered; -1 before the first.</summary>
    public int LastAnswered => _lastAnswered;

    public static RunningPing Start(Pod from, Pod to) =>
        new($"{from.Name} → {to.Name}", Echo.Open(from.Net.Inside), to.Address);

    /// <summary>Stops sending, waits for what is under way, and counts.</summary>
    public Outcome Stop()
    {
        _stopSending = true;
        _sender.Join();
        SpinWait.SpinUntil(() => _lastAnswered == _count - 1, WaitForLast);
        _stopReceiving = true;
        _receiver.Join();
        return Count();
    }

    public void Dispose()
    {
        if (!_stopReceiving)
            Stop();
        _echo.Dispose();
    }

    private Outcome Count()
    {
        var lost = 0;
        long gapBegan = 0;
        var longest = TimeSpan.Zero;
        for (var i = 0; i < _count; i++)
        {
            if (_answered[i] != 0)
            {
                if (gapBegan != 0)
                    longest = Max(longest, Stopwatch.GetElapsedTime(gapBegan, _sent[i]));
                gapBegan = 0;
                continue;
            }

            lost++;
            if (gapBegan == 0)
                gapBegan = _sent[i];
        }

        if (gapBegan != 0)
            longest = Max(longest, Stopwatch.GetElapsedTime(gapBegan, Stopwatch.GetTimestamp()));
        return new Outcome(Title, _count, lost, longest);
    }

    private void SendLoop()
    {
        var next = Stopwatch.GetTimestamp();
        while (!_stopSending && _count <= ushort.MaxValue)
        {
            var sequence = _count;
            _sent[sequence] = Stopwatch.GetTimestamp();
            // Counted before it is sent: its answer may come before Send returns.
            _count = sequence + 1;
            _echo.Send(_target, (ushort)sequence);
            // A machine that is late does not catch up by a burst.
            next = Math.Max(next + (long)(Interval.TotalSeconds * Stopwatch.Frequency), Stopwatch.GetTimestamp());
            var pause = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (pause > TimeSpan.Zero)
                Thread.Sleep(pause);
        }
    }

    private void ReceiveLoop()
    {
        while (!_stopReceiving)
        {
            if (_echo.Receive(TimeSpan.FromMilliseconds(50)) is not { } reply || reply.Sequence >= _count || !reply.From.Equals(_target))
                continue;
            _answered[reply.Sequence] = Stopwatch.GetTimestamp();
            _lastAnswered = Math.Max(_lastAnswered, reply.Sequence);
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>What became of the packets; the gap is from the first lost one's sending to that of the next answered one.</summary>
    internal readonly record struct Outcome(string Title, int Sent, int Lost, TimeSpan LongestGap);
}
