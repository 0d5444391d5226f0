// This file makes the one thread that all others are forbidden to leave, and its end is awaited from outside of it.
#pragma warning disable RS0030

using System.Collections.Concurrent;

namespace Fabric.Actors;

/// <summary>One thread that runs everything posted to it, in order: what a plain <c>await</c> inside resumes on.</summary>
/// <remarks>
/// Everything that holds control-plane state lives on one loop, so it needs no locks, and the simulation runs the very same
/// code on a loop of its own that chooses the order by a seed. Work that blocks must not be posted here.
/// </remarks>
public sealed class EventLoop : SynchronizationContext, IAsyncDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];
    private readonly Action<Exception> _unhandled;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="unhandled">Told of an exception that escaped posted work: a bug; the loop goes on.</param>
    public EventLoop(string name, Action<Exception> unhandled)
    {
        _unhandled = unhandled;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public int Backlog => _queue.Count;

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _queue.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The loop has ended: what would have resumed here belongs to a host that is gone, like after a SIGKILL.
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("blocking on the event loop would stop it; use Post or RunAsync");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="work"/> on the loop and completes, off the loop, with its result.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(static state =>
        {
            var (work, completion) = ((Func<Task<T>>, TaskCompletionSource<T>))state!;
            _ = ForwardAsync(work, completion);
        }, (work, completion));
        return completion.Task;
    }

    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    private static async Task ForwardAsync<T>(Func<Task<T>> work, TaskCompletionSource<T> completion)
    {
        try
        {
            completion.TrySetResult(await work());
        }
        catch (OperationCanceledException e)
        {
            completion.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            completion.TrySetException(e);
        }
    }

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _queue.GetConsumingEnumerable())
        {
            try
            {
                callback(state);
            }
            catch (Exception e)
            {
                _unhandled(e);
            }
        }
        _ended.SetResult();
    }

    /// <summary>Runs what is queued, then ends the thread. Must not be called from the loop itself.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _ended.Task.ConfigureAwait(false);
    }
}
