namespace Fabric.Simulation;

/// <summary>One thread and one virtual clock for everything in a run; what is ready at the same time runs in a seeded order.</summary>
/// <remarks>
/// The loop itself is the world's context: the scenario, the fakes of disk and kernel, everything that no crash ends. What can be
/// killed runs in a <see cref="SimulatedProcess"/>. Order of posting is deliberately not kept, not even for one poster: code that
/// needs it must say so by a queue of its own. Work may come only from the loop's thread; a post from another one means that a
/// continuation escaped (<c>ConfigureAwait(false)</c>, <c>Task.Run</c>, a real timer), and fails the run.
/// </remarks>
public sealed class SimulatedLoop : SynchronizationContext
{
    private readonly PriorityQueue<Item, (long Due, ulong Tie)> _queue = new();
    private readonly SeededRandom _order;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _now;
    private int _processes;
    private Exception? _failure;

    public SimulatedLoop(ulong seed)
    {
        var random = new SeededRandom(seed);
        _order = random.Fork();
        Random = random.Fork();
        Time = new SimulatedTime(this, null);
    }

    /// <summary>For the scenario's choices and the fakes' faults; the order of steps is drawn from another one.</summary>
    public SeededRandom Random { get; }

    /// <summary>The world's clock, never stepped.</summary>
    public SimulatedTime Time { get; }

    public TraceHash Trace { get; } = new();

    /// <summary>Virtual time since the run began.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_now);

    public long Steps { get; private set; }

    /// <summary>How late a timer may ring; a real one is never early.</summary>
    public TimeSpan TimerLateness { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Begins a process: a context that <see cref="SimulatedProcess.Crash"/> ends like SIGKILL.</summary>
    public SimulatedProcess Start(string name) => new(this, name, ++_processes);

    /// <summary>Runs the world's own code; an exception in it fails the run.</summary>
    public Task Run(Func<Task> work) => Run(work, this);

    public void Note(string what) => Trace.Add(Now, "world", what);

    /// <summary>Ends the run with <paramref name="failure"/> at the next step; the first failure counts.</summary>
    public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Takes steps until <paramref name="condition"/> holds.</summary>
    /// <param name="within">Virtual time; no step that is due later is taken.</param>
    /// <returns>False if the time has passed or nothing is left to do.</returns>
    /// <exception cref="SimulationFailedException">
    /// Work failed, a continuation came on another thread, or so many steps were taken that the run must be going in circles.
    /// </exception>
    public bool RunUntil(Func<bool> condition, TimeSpan within, long mostSteps = 1_000_000)
    {
        AssertOnLoop("RunUntil");
        var end = _now + within.Ticks;
        var lastStep = Steps + mostSteps;
        var before = Current;
        try
        {
            while (true)
            {
                ThrowIfFailed();
                if (condition())
                    return true;
                if (!_queue.TryPeek(out _, out var next) || next.Due > end)
                    break;
                if (Steps >= lastStep)
                    throw new SimulationFailedException($"{mostSteps} steps did not suffice: a livelock, at {Now}");
                Step();
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }
        // Nothing more is due before the end, so the clock goes there.
        _now = Math.Max(_now, end);
        return condition();
    }

    /// <summary>Takes every step that is due within <paramref name="time"/>.</summary>
    public void RunFor(TimeSpan time) => RunUntil(static () => false, time);

    public override void Post(SendOrPostCallback d, object? state) => Enqueue(null, _now, d, state);

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("blocking on the loop would stop it");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Fails the run if it is called on another thread; fakes call it on entry.</summary>
    public bool AssertOnLoop(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return true;
        Fail(new SimulationFailedException($"{what} on another thread: a continuation escaped the loop\n{Environment.StackTrace}"));
        return false;
    }

    internal void Enqueue(SimulatedProcess? process, long due, SendOrPostCallback callback, object? state)
    {
        if (AssertOnLoop("post"))
            _queue.Enqueue(new Item(process, callback, state), (due, _order.NextBits()));
    }

    internal long DueIn(TimeSpan wait) => _now + wait.Ticks + (wait > TimeSpan.Zero ? _order.UpTo(TimerLateness).Ticks : 0);

    /// <remarks>Not async itself: the task must complete on the loop, not in whatever context the caller has.</remarks>
    internal Task Run(Func<Task> work, SynchronizationContext context)
    {
        var started = new TaskCompletionSource();
        context.Post(_ => started.SetResult(), null);
        var before = Current;
        SetSynchronizationContext(context);
        try
        {
            return RunHereAsync(started.Task, work);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private async Task RunHereAsync(Task started, Func<Task> work)
    {
        await started;
        try
        {
            await work();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Step()
    {
        _queue.TryDequeue(out var item, out var key);
        if (item.Process is { IsAlive: false })
            return;
        _now = Math.Max(_now, key.Due);
        Steps++;
        Trace.Add(_now);
        Trace.Add(item.Process?.Number ?? 0);
        SetSynchronizationContext((SynchronizationContext?)item.Process ?? this);
        try
        {
            item.Callback(item.State);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw failure as SimulationFailedException ?? new SimulationFailedException(failure.ToString(), failure);
    }

    private readonly record struct Item(SimulatedProcess? Process, SendOrPostCallback Callback, object? State);
}
