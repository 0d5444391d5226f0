using System.Text;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>
/// Keeps this node's lease: takes it, renews it each third of its duration, and notices when it is another's.
/// </summary>
/// <remarks>
/// Used on one loop: <see cref="AcquireAsync"/>, then <see cref="RunAsync"/>. A store that can't be reached ends
/// nothing: the lease may run out meanwhile, the node is Unreachable then, and its pods' traffic flows.
/// </remarks>
/// <param name="duration">The same on all nodes; 10 s by default in the agent.</param>
/// <param name="report">Told, in a sentence, of renewals that failed.</param>
public sealed class NodeLease(
    IClusterStore store, NodeIdentity identity, TimeSpan duration, TimeProvider time, Action<string> report)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private HeldLease? _held;

    /// <summary>What the lease says, from <see cref="AcquireAsync"/> on.</summary>
    public NodeLeaseRecord? Record { get; private set; }

    /// <summary>Called after each renewal that surely took effect: the store answers.</summary>
    public Action? Renewed { get; init; }

    /// <summary>
    /// Takes the lease: at once if it is free or this node's own, else when its holder has been silent long enough.
    /// </summary>
    /// <exception cref="NodeLeaseException">A living node has the same name or the same uid.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, also while the store can't be reached.</exception>
    public async Task<NodeLeaseRecord> AcquireAsync(CancellationToken cancellationToken)
    {
        if (await AcquireAtOnceAsync(cancellationToken) is { } free)
            return free;
        var watcher = new LeaseWatcher(store, NodeLeaseRecord.Prefix, time, report);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = watcher.RunAsync(watching.Token);
        try
        {
            while (true)
            {
                var seen = watcher.Changed.Count;
                var wait = watcher.Observer.NextExpiry();
                if (watcher.Observer.IsReady && FindRival(watcher.Observer) is null)
                {
                    if (await TakeAsync(watcher.Observer, cancellationToken) is { } taken)
                        return taken;
                    wait = RetryAfter;
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

    /// <summary>
    /// By one reading of the leases, which is enough where there is no rival. Watching them would tell each of a thousand nodes that
    /// join at once of all the others.
    /// </summary>
    private async Task<NodeLeaseRecord?> AcquireAtOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var observer = new LeaseObserver(time);
            var leases = await store.ReadLeasesAsync(NodeLeaseRecord.Prefix, cancellationToken);
            observer.Apply(new LeaseChanges(true, [.. leases.Select(l => new LeaseChange(l.Name, l))]));
            return FindRival(observer) is null ? await TakeAsync(observer, cancellationToken) : null;
        }
        catch (JournalException)
        {
            // The store does not answer: whoever watches tries again, and reports it.
            return null;
        }
    }

    /// <summary>Renews until cancelled or displaced.</summary>
    /// <exception cref="InvalidOperationException">The lease has not been acquired.</exception>
    public async Task<NodeLeaseEnd> RunAsync(CancellationToken cancellationToken)
    {
        var held = _held ?? throw new InvalidOperationException($"node {identity.Node} has no lease yet to renew");
        try
        {
            while (true)
            {
                if (await WriteAsync(held, cancellationToken) is { } end)
                    return end;
                // After a failed write the next one comes sooner: two thirds of the duration are left at best.
                var pause = held.SinceConfirmed < duration / 6 ? duration / 3 : Min(RetryAfter, duration / 6);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new NodeLeaseEnd.Stopped();
        }
    }

    /// <summary>
    /// Writes the lease's last content, once <see cref="RunAsync"/> has ended: the agent has stopped in good order, or left for
    /// good. The lease stays, so that whoever judges it next reads this instead of a silence.
    /// </summary>
    /// <returns>Null, or why it may not have been written: the node counts as unreachable then.</returns>
    public async Task<string?> FarewellAsync(NodeLeaseState state)
    {
        var held = _held ?? throw new InvalidOperationException($"node {identity.Node} has no lease to end");
        Record = Record! with { State = state };
        // Nobody is left to cancel it: the store's own deadline bounds each attempt.
        var outcome = await held.PutAsync(Record.Encode(), CancellationToken.None);
        if (outcome is HoldOutcome.Unsure)
            outcome = await held.PutAsync(Record.Encode(), CancellationToken.None);
        return outcome switch
        {
            HoldOutcome.Held => null,
            HoldOutcome.Unsure unsure => unsure.Reason,
            _ => "the lease is another's",
        };
    }

    private async Task<NodeLeaseEnd?> WriteAsync(HeldLease held, CancellationToken cancellationToken)
    {
        switch (await held.PutAsync(Record!.Encode(), cancellationToken))
        {
            case HoldOutcome.Taken { Current: null }:
                // Somebody deleted it by hand. This node lives, so it says so again.
                held.Expect(0);
                return await WriteAsync(held, cancellationToken);
            case HoldOutcome.Taken { Current: { } current } when NodeLeaseRecord.TryDecode(current.Value.Span) is { } other:
                return new NodeLeaseEnd.Displaced(other);
            case HoldOutcome.Taken:
                report($"the lease of node {identity.Node} holds what this version can't read");
                return null;
            case HoldOutcome.Unsure unsure:
                report($"the lease of node {identity.Node} was not renewed: {unsure.Reason}");
                return null;
            default:
                Renewed?.Invoke();
                return null;
        }
    }

    /// <summary>Another node's lease, not yet expired, with this node's name or uid; null if there is none.</summary>
    private ObservedLease? FindRival(LeaseObserver observer)
    {
        ObservedLease? rival = null;
        var name = NodeLeaseRecord.LeaseName(identity.Node);
        var uid = Encoding.UTF8.GetBytes(identity.Uid);
        foreach (var observed in observer.Look())
        {
            // Most leases hold neither: they need no decoding.
            if (observed.Lease.Name != name && observed.Lease.Value.Span.IndexOf(uid) < 0)
                continue;
            if (observed.Liveness == LeaseLiveness.Expired || NodeLeaseRecord.TryDecode(observed.Lease.Value.Span) is not { } other
                || other.State != NodeLeaseState.Up || (other.Node == identity.Node) == (other.Uid == identity.Uid))
                continue;
            if (observed.Liveness == LeaseLiveness.Live)
                throw Refusal(other);
            rival = observed;
        }
        return rival;
    }

    private NodeLeaseException Refusal(NodeLeaseRecord other)
    {
        var there = string.Join(", ", other.UnderlayAddresses);
        var here = string.Join(", ", identity.UnderlayAddresses);
        return other.Node == identity.Node
            ? new NodeLeaseException("name-taken", $"the name {identity.Node} is in use by the node with uid {other.Uid} at {there}; "
                + $"this node has uid {identity.Uid} at {here}. Give one of the two machines another name")
            : new NodeLeaseException("uid-in-use", $"the uid {identity.Uid} is in use by node {other.Node} at {there}; this node is "
                + $"{identity.Node} at {here}. Was the state directory copied? Start this node with an empty one");
    }

    private async Task<NodeLeaseRecord?> TakeAsync(LeaseObserver observer, CancellationToken cancellationToken)
    {
        var name = NodeLeaseRecord.LeaseName(identity.Node);
        var current = observer.Look().FirstOrDefault(o => o.Lease.Name == name)?.Lease;
        var earlier = current is null ? null : NodeLeaseRecord.TryDecode(current.Value.Span);
        // Also above those of another uid: what a node writes is told apart by its name and incarnation.
        var last = Math.Max(earlier?.Incarnation ?? 0, identity.LastIncarnation);
        var record = new NodeLeaseRecord(identity.Node, identity.Uid, last + 1, identity.UnderlayAddresses, identity.Vteps,
            identity.Version, identity.EventLevel, NodeLeaseState.Up, identity.ObjectUid);
        var held = new HeldLease(store, name, duration, time, lease =>
            NodeLeaseRecord.TryDecode(lease.Value.Span) is { } x && x.Uid == record.Uid && x.Incarnation == record.Incarnation);
        held.Expect(current?.Version ?? 0);
        switch (await held.PutAsync(record.Encode(), cancellationToken))
        {
            case HoldOutcome.Held:
                (_held, Record) = (held, record);
                return record;
            case HoldOutcome.Unsure unsure:
                report($"the lease of node {identity.Node} was not taken: {unsure.Reason}");
                return null;
            default:
                return null;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
