using System.Globalization;

namespace Fabric.Cluster.Tests;

/// <summary>
/// One thread and virtual time: everything posted runs in order, and time passes only when nothing is left to run.
/// </summary>
/// <remarks>
/// A continuation that arrives from another thread fails the run: the code under test has left its loop.
/// </remarks>
internal sealed class SimulatedLoop : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly SimulatedTime _time = new();
    private string? _escape;

    /// <summary>Runs <paramref name="work"/> to its end.</summary>
    /// <param name="limit">How much virtual time it may take.</param>
    public static void Run(Func<SimulatedTime, Task> work, TimeSpan? limit = null)
    {
        var outer = Current;
        var loop = new SimulatedLoop();
        SetSynchronizationContext(loop);
        try
        {
            loop.Drive(work(loop._time), limit ?? TimeSpan.FromMinutes(10));
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            _escape ??= Environment.StackTrace;
        lock (_queue)
            _queue.Enqueue((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing may block the loop");

    public override SynchronizationContext CreateCopy() => this;

    private void Drive(Task work, TimeSpan limit)
    {
        while (true)
        {
            while (_queue.TryDequeue(out var item))
                item.Callback(item.State);
            Assert.True(_escape is null, $"a continuation left the loop: {_escape}");
            if (work.IsCompleted)
                break;
            Assert.True(_time.FireNext(), "nothing is left to run, and the work is not done");
            Assert.True(_time.Elapsed <= limit, string.Create(CultureInfo.InvariantCulture, $"not done after {limit} of virtual time"));
        }
        work.GetAwaiter().GetResult();
    }
}
