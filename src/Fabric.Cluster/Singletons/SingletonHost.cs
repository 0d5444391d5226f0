using System.Collections.Immutable;

namespace Fabric.Cluster;

/// <summary>Runs the cluster's singletons on one node at a time: whoever holds the <c>singleton</c> lease.</summary>
/// <remarks>
/// <para>
/// The lease only keeps nodes from working against each other; what keeps the streams right is compare-and-set. A
/// holder that is late to learn of its loss can still append a decision that is valid, and meets the next holder as a
/// conflict.
/// </para>
/// <para>
/// Steps down at once when the lease is another's, and when it can't be sure of it any more. Used on one loop.
/// </para>
/// </remarks>
/// <param name="self">This node, with the incarnation that its lease has.</param>
/// <param name="report">Told, in a sentence, of changes of the role and of what fails.</param>
/// <param name="nodeObjects">Makes what follows the Node objects for one term; null outside Kubernetes.</param>
/// <param name="networkObjects">Makes what follows the Network objects for one term; null outside Kubernetes.</param>
public sealed class SingletonHost(IClusterStore store, ClusterSettings settings, SingletonLeaseRecord self, TimeProvider time,
    Action<string> report, Func<INodeObjects>? nodeObjects = null, Func<INetworkObjects>? networkObjects = null)
{
    /// <summary>For this node's appends to cluster streams: one for each incarnation, so that no commit id is used twice.</summary>
    public ClusterWriter Writer { get; } = new(self.Node, self.Uid, self.Incarnation, time);

    public SingletonStatus Status { get; private set; } = new(false, time.GetUtcNow(), []);

    /// <summary>Competes for the role and carries it out, until cancelled; then hands it over at once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            HeldLease held;
            try
            {
                held = await AcquireAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            Become(isHolder: true, "the cluster's singletons run here now");
            try
            {
                await ServeAsync(held, cancellationToken);
            }
            finally
            {
                Become(isHolder: false, "the cluster's singletons no longer run here");
                await ReleaseAsync(held);
            }
            // Whatever ended the term, somebody else should have the chance to do better.
            await Quiet.Delay(settings.LeaseDuration / 3, time, cancellationToken);
        }
    }

    private async Task<HeldLease> AcquireAsync(CancellationToken cancellationToken)
    {
        var held = new HeldLease(store, SingletonLeaseRecord.LeaseName, settings.LeaseDuration, time,
            lease => SingletonLeaseRecord.TryDecode(lease.Value.Span) == self);
        var watcher = new LeaseWatcher(store, SingletonLeaseRecord.LeaseName, time, report);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = watcher.RunAsync(watching.Token);
        try
        {
            while (true)
            {
                var seen = watcher.Changed.Count;
                var wait = watcher.Observer.NextExpiry();
                if (watcher.Observer.IsReady && IsFree(watcher.Observer, held))
                {
                    if (await held.PutAsync(self.Encode(), cancellationToken) is HoldOutcome.Held)
                        return held;
                    wait = TimeSpan.FromSeconds(1);
                }
                await watcher.WaitAsync(seen, wait, cancellationToken);
            }
        }
        finally
        {
            watching.Cancel();
            await watch;
        }
    }

    /// <summary>Whether the lease may be taken; its version is then what the write expects.</summary>
    private bool IsFree(LeaseObserver observer, HeldLease held)
    {
        if (observer.Look().FirstOrDefault(o => o.Lease.Name == SingletonLeaseRecord.LeaseName) is not { } observed)
        {
            held.Expect(0);
            return true;
        }
        held.Expect(observed.Lease.Version);
        // An earlier incarnation of this node is gone: the node's own lease has displaced it.
        return observed.Liveness == LeaseLiveness.Expired
            || SingletonLeaseRecord.TryDecode(observed.Lease.Value.Span) is { } holder
            && holder.Uid == self.Uid && holder.Incarnation <= self.Incarnation;
    }

    private async Task ServeAsync(HeldLease held, CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watcher = new LeaseWatcher(store, NodeLeaseRecord.Prefix, time, report);
        var work = new SingletonWork(
            store, settings, Writer, self, held, watcher, nodeObjects?.Invoke(), networkObjects?.Invoke(), Fault);
        // Each of them ends the term when it ends, however it ends.
        await Task.WhenAll(
            EndTermAfter(RenewAsync(held, term.Token), term),
            EndTermAfter(watcher.RunAsync(term.Token), term),
            EndTermAfter(work.WatchStreamsAsync(term.Token), term),
            EndTermAfter(work.WatchNodeObjectsAsync(term.Token), term),
            EndTermAfter(work.WatchNetworkObjectsAsync(term.Token), term),
            EndTermAfter(work.RunAsync(term.Token), term));
    }

    private static async Task EndTermAfter(Task task, CancellationTokenSource term)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (term.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            term.Cancel();
        }
    }

    private async Task RenewAsync(HeldLease held, CancellationToken cancellationToken)
    {
        while (held.IsSurelyHeld)
        {
            var pause = held.SinceConfirmed < settings.LeaseDuration / 6 ? settings.LeaseDuration / 3 : settings.LeaseDuration / 12;
            await Task.Delay(pause, time, cancellationToken);
            switch (await held.PutAsync(self.Encode(), cancellationToken))
            {
                case HoldOutcome.Taken taken:
                    var holder = taken.Current is { } lease ? SingletonLeaseRecord.TryDecode(lease.Value.Span)?.Node : null;
                    report(holder is { } node ? $"the singleton lease is node {node}'s now" : "the singleton lease is gone");
                    return;
                case HoldOutcome.Unsure unsure:
                    report($"the singleton lease was not renewed: {unsure.Reason}");
                    break;
            }
        }
        report("the singleton lease could not be renewed in time");
    }

    // The caller's token may be cancelled by now, and this is the moment that a clean shutdown is about: the store's
    // own deadline bounds it.
    private async Task ReleaseAsync(HeldLease held)
    {
        if (await held.DeleteAsync(CancellationToken.None) is { } trouble)
            report($"the singleton lease could not be deleted and will run out: {trouble}");
    }

    private void Become(bool isHolder, string what)
    {
        Status = new SingletonStatus(isHolder, time.GetUtcNow(), []);
        report(what);
    }

    private void Fault(ImmutableArray<string> faults)
    {
        foreach (var fault in faults.Except(Status.Faults))
            report(fault);
        Status = Status with { Faults = faults };
    }
}
