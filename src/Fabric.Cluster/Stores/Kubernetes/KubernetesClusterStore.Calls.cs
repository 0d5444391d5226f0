using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>How work gets onto the loop and what becomes of its failures.</summary>
public sealed partial class KubernetesClusterStore
{
    private Task<T> OnLoop<T>(Func<Task<T>> work)
    {
        if (SynchronizationContext.Current == _loop)
            return work();
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => _ = ForwardAsync(work, completion));
        return completion.Task;
    }

    private void Post(Action work) => _loop.Post(static w => ((Action)w!)(), work);

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

    /// <summary>Does work on the loop; cancelled also when the store is closed.</summary>
    private async Task<T> Run<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken, bool isTimed = true)
    {
        Task<T> running;
        // Under the lock: a loop that has ended would never carry it out.
        lock (_gate)
        {
            if (_isClosed)
                throw Closed();
            running = OnLoop(() => CountedAsync(work, isTimed, cancellationToken));
        }
        return await running;
    }

    private async Task<T> CountedAsync<T>(Func<CancellationToken, Task<T>> work, bool isTimed, CancellationToken cancellationToken)
    {
        _calls++;
        using var late = new CancellationTokenSource(isTimed ? Deadline : Timeout.InfiniteTimeSpan, _time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(_life.Token, late.Token, cancellationToken);
        try
        {
            return await work(any.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested)
        {
            throw Closed();
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new JournalException("kubernetes", $"no answer within {Deadline.TotalSeconds} s", isTransient: true);
        }
        finally
        {
            _calls--;
            _callEnded.Raise();
        }
    }

    /// <summary>Does work that reads, or that may be repeated: what the API did not do is an exception to the caller.</summary>
    private Task<T> Try<T>(
        string operation, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken, bool isTimed = true) =>
        Run(async token =>
        {
            try
            {
                return await work(token);
            }
            catch (KubernetesException e)
            {
                // Also a refusal: an operator applies a CRD or a role while the agent runs.
                throw new JournalException(operation, Said(e), isTransient: true, e);
            }
        }, cancellationToken, isTimed);

    /// <summary>Does work that nobody waits for; closing the store ends it.</summary>
    private void Begin(Func<CancellationToken, Task> work) => _ = BeganAsync(work);

    private async Task BeganAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await CountedAsync(async token =>
            {
                await work(token);
                return true;
            }, isTimed: true, CancellationToken.None);
        }
        catch (JournalException)
        {
            // Too late or closed: whatever it has not done is found by the next sweep.
            return;
        }
    }

    private string Said(KubernetesException e) => JournalHints.For(e, _names.Namespace);

    private static JournalException Closed() => new("kubernetes", "the store has been closed", isTransient: false);
}
