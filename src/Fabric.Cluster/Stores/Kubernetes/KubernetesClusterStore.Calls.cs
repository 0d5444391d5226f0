using Fabric.Actors;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Cluster;

/// <summary>How work gets onto the loop and what becomes of its failures.</summary>
public sealed partial class KubernetesClusterStore
{
    private bool IsOnLoop => SynchronizationContext.Current == _loop;

    private Task<T> OnLoop<T>(Func<Task<T>> work)
    {
        if (IsOnLoop)
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
    /// <param name="deadline">Null: it may take for ever.</param>
    private async Task<T> Run<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken, TimeSpan? deadline)
    {
        Task<T>? posted = null;
        // Under the lock: a loop that has ended would never carry it out. One that is running this has not.
        lock (_gate)
        {
            if (_isClosed)
                throw Closed();
            if (!IsOnLoop)
                posted = OnLoop(() => CountedAsync(work, deadline, cancellationToken));
        }
        return await (posted ?? CountedAsync(work, deadline, cancellationToken));
    }

    private async Task<T> CountedAsync<T>(Func<CancellationToken, Task<T>> work, TimeSpan? deadline, CancellationToken cancellationToken)
    {
        _calls++;
        using var late = new CancellationTokenSource(deadline ?? Timeout.InfiniteTimeSpan, _time);
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
            throw new JournalException("kubernetes", $"no answer within {deadline?.TotalSeconds} s", isTransient: true);
        }
        finally
        {
            _calls--;
            _callEnded.Raise();
        }
    }

    /// <summary>Does work that reads, or that may be repeated: what the API did not do is an exception to the caller.</summary>
    private Task<T> Try<T>(string operation, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        Try(operation, work, cancellationToken, Deadline);

    private Task<T> Try<T>(
        string operation, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken, TimeSpan? deadline) =>
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
        }, cancellationToken, deadline);

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
            }, Deadline, CancellationToken.None);
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
