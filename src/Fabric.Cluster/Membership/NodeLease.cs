using System.Text;

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

    private readonly ChangeSignal _wake = new();
    private HeldLease? _held;
    private bool _withdraw;

    /// <summary>What the lease says, from <see cref="AcquireAsync"/> on.</summary>
    public NodeLeaseRecord? Record { get; private set; }

    /// <summary>How long ago the lease was last surely renewed; the longest time there is before the first.</summary>
    public TimeSpan SinceRenewed => _held?.SinceConfirmed ?? TimeSpan.MaxValue;

    /// <summary>
    /// Takes the lease: at once if it is free or this node's own, else when its holder has been silent long enough.
    /// </summary>
    /// <exception cref="NodeLeaseException">A living node has the same name or the same uid.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, also while the store can't be reached.</exception>
    public async Task<NodeLeaseRecord> AcquireAsync(CancellationToken cancellationToken)
    {
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

    /// <summary>Renews until cancelled, withdrawn or displaced.</summary>
    /// <exception cref="InvalidOperationException">The lease has not been acquired.</exception>
    public async Task<NodeLeaseEnd> RunAsync(CancellationToken cancellationToken)
    {
        var held = _held ?? throw new InvalidOperationException($"node {identity.Node} has no lease yet to renew");
        try
        {
            while (true)
            {
                var woken = _wake.Count;
                if (await WriteAsync(held, cancellationToken) is { } end)
                    return end;
                // After a failed write the next one comes sooner: two thirds of the duration are left at best.
                var pause = held.SinceConfirmed < duration / 6 ? duration / 3 : Min(RetryAfter, duration / 6);
                await using (time.CreateTimer(_ => _wake.Raise(), null, pause, Timeout.InfiniteTimeSpan))
                    await _wake.WaitAsync(woken, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new NodeLeaseEnd.Stopped();
        }
    }

    /// <summary>
    /// Says in the lease that this node is leaving; written at once. That the cluster has taken note is in the
    /// <c>membership</c> stream: wait for this node's MemberLeaving before <see cref="Withdraw"/>, or it counts as
    /// unreachable.
    /// </summary>
    public void Leave()
    {
        Record = Record! with { State = NodeLeaseState.Leaving };
        _wake.Raise();
    }

    /// <summary>
    /// Deletes the lease and ends <see cref="RunAsync"/>: no pod is left here, the mesh may forget this node.
    /// </summary>
    public void Withdraw()
    {
        _withdraw = true;
        _wake.Raise();
    }

    private async Task<NodeLeaseEnd?> WriteAsync(HeldLease held, CancellationToken cancellationToken)
    {
        if (_withdraw)
        {
            if (await held.DeleteAsync(cancellationToken) is not { } trouble)
                return new NodeLeaseEnd.Withdrawn();
            report($"the lease of node {identity.Node} could not be deleted: {trouble}");
            return null;
        }
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
                || (other.Node == identity.Node) == (other.Uid == identity.Uid))
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
        var last = earlier?.Uid == identity.Uid ? Math.Max(earlier.Incarnation, identity.LastIncarnation) : identity.LastIncarnation;
        var record = new NodeLeaseRecord(identity.Node, identity.Uid, last + 1, identity.UnderlayAddresses, identity.Vteps,
            identity.Version, NodeLeaseState.Up);
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
