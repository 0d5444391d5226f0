namespace Fabric.Simulation;

/// <summary>A context that can be killed: what was posted to it, its timers and its continuations never run again.</summary>
/// <remarks>
/// A crash falls between two steps, as SIGKILL falls between two system calls; what the fakes of disk and kernel had accepted by
/// then stays. A restart is a new process.
/// </remarks>
public sealed class SimulatedProcess : SynchronizationContext
{
    private readonly SimulatedLoop _loop;

    internal SimulatedProcess(SimulatedLoop loop, string name, int number)
    {
        _loop = loop;
        Name = name;
        Number = number;
        Time = new SimulatedTime(loop, this);
    }

    public string Name { get; }

    public int Number { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>The process's clock; its wall clock can be stepped.</summary>
    public SimulatedTime Time { get; }

    public SimulatedLoop Loop => _loop;

    /// <summary>Runs <paramref name="work"/> in the process; an exception in it fails the run. After a crash it never completes.</summary>
    public Task Run(Func<Task> work) => _loop.Run(work, this);

    /// <summary>Like SIGKILL: not one more instruction.</summary>
    public void Crash()
    {
        if (!IsAlive)
            return;
        IsAlive = false;
        _loop.Trace.Add(_loop.Now, Name, "crashed");
    }

    public void Note(string what) => _loop.Trace.Add(_loop.Now, Name, what);

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsAlive)
            _loop.Enqueue(this, _loop.Now.Ticks, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("blocking on the loop would stop it");

    public override SynchronizationContext CreateCopy() => this;
}
