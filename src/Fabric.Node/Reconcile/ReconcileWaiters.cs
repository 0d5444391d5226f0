using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Who waits for the reconciler: attachments until they forward, detachments until nothing is left.</summary>
internal sealed class ReconcileWaiters(NodeFold fold, ISwitch ovs, Reconciler reconciler)
{
    private enum Until
    {
        Forwarding,
        Silent,
        Gone,
    }

    private sealed record Waiter(AttachmentId Attachment, CorrelationId Correlation, Causation? Causation, Until Until,
        TaskCompletionSource<SwitchPort?> Completion);

    private readonly List<Waiter> _waiters = [];
    private readonly Dictionary<AttachmentId, (CorrelationId Correlation, Causation? Causation)> _attaching = [];
    private readonly List<TaskCompletionSource> _audits = [];

    public Task NextAuditAsync(CancellationToken cancellationToken)
    {
        var audit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _audits.Add(audit);
        return audit.OrCancelledAsync(cancellationToken);
    }

    public void AuditDone()
    {
        foreach (var audit in _audits)
            audit.TrySetResult();
        _audits.Clear();
    }

    public async Task<SwitchPort> WhenForwardingAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        (await AddAsync(attachment, correlation, causation, Until.Forwarding, cancellationToken))!;

    public Task WhenSilentAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        AddAsync(attachment, correlation, causation, Until.Silent, cancellationToken);

    public Task WhenGoneAsync(
        AttachmentId attachment, CorrelationId correlation, Causation? causation, CancellationToken cancellationToken) =>
        AddAsync(attachment, correlation, causation, Until.Gone, cancellationToken);

    /// <summary>
    /// From now on flows of the attachment are this request's. They come beside the interface, mostly before anybody waits for them.
    /// </summary>
    public void Attaching(AttachmentId attachment, CorrelationId correlation, Causation? causation) =>
        _attaching[attachment] = (correlation, causation);

    /// <summary>The end of <see cref="Attaching"/>, unless a later request has taken over.</summary>
    public void Attached(AttachmentId attachment, CorrelationId correlation)
    {
        if (_attaching.TryGetValue(attachment, out var latest) && latest.Correlation == correlation)
            _attaching.Remove(attachment);
    }

    /// <summary>Whose request a change of flows belongs to, if it belongs to one alone.</summary>
    public (CorrelationId Correlation, Causation? Causation) CauseOf(ImmutableArray<PersistenceId> owners)
    {
        if (owners.Length != 1 || owners[0].Kind != Port.PersistenceKind)
            return (CorrelationId.None, null);
        return _waiters.FirstOrDefault(w => Port.Id(w.Attachment) == owners[0]) is { } waiter
            ? (waiter.Correlation, waiter.Causation)
            : _attaching.GetValueOrDefault(AttachmentId.Parse(owners[0].Key), (CorrelationId.None, null));
    }

    /// <summary>Ends every waiter whose condition holds, or can't hold any more.</summary>
    public void Settle() => _waiters.RemoveAll(IsSettled);

    private Task<SwitchPort?> AddAsync(AttachmentId attachment, CorrelationId correlation, Causation? causation, Until until,
        CancellationToken cancellationToken)
    {
        var waiter = new Waiter(attachment, correlation, causation, until, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!IsSettled(waiter))
            _waiters.Add(waiter);
        reconciler.Wake();
        return waiter.Completion.OrCancelledAsync(cancellationToken);
    }

    private bool IsSettled(Waiter waiter)
    {
        // Who waited has given up.
        if (waiter.Completion.Task.IsCompleted)
            return true;
        var port = fold.State.Ports.GetValueOrDefault(waiter.Attachment, PortState.Absent);
        return waiter.Until == Until.Forwarding ? IsForwarding(waiter, port) : IsGone(waiter, port);
    }

    private bool IsForwarding(Waiter waiter, PortState port)
    {
        if (!port.IsWanted || reconciler.IsCondemned(waiter.Attachment))
            return waiter.Completion.TrySetCanceled();
        if (reconciler.RefusalOf(port.Request!.HostInterface) is { } refusal)
        {
            return waiter.Completion.TrySetException(
                new SwitchException($"add port {port.Request.HostInterface}", refusal, isTransient: false));
        }
        if (!reconciler.IsInStep || !ovs.Ports.TryGetValue(port.Request.HostInterface, out var there))
            return false;
        if (there.Error is { Length: > 0 } error)
            return waiter.Completion.TrySetException(new SwitchException($"open {there.Name}", error, isTransient: false));
        if (there.OfPort is not { } ofPort || !reconciler.Programmed.HasAny(Port.Id(waiter.Attachment)))
            return false;
        return ofPort == port.OfPort
            ? waiter.Completion.TrySetResult(there)
            : waiter.Completion.TrySetException(new SwitchException($"open {there.Name}",
                $"Open vSwitch gave it ofport {ofPort} instead of {port.OfPort}, which another port has", isTransient: false));
    }

    private bool IsGone(Waiter waiter, PortState port)
    {
        if (port.IsWanted && !reconciler.IsCondemned(waiter.Attachment))
            return waiter.Completion.TrySetCanceled();
        var gone = reconciler.IsInStep
            && !reconciler.Programmed.HasAny(Port.Id(waiter.Attachment))
            && reconciler.HasFlushed(waiter.Attachment)
            && (waiter.Until == Until.Silent || !ovs.Ports.Values.Any(p => p.Attachment == waiter.Attachment));
        return gone && waiter.Completion.TrySetResult(null);
    }
}
