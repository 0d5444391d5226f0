using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>
/// Detaches while the journal can't be written: what forwards is removed at once, address and ofport stay held, and the story is
/// journalled as soon as the disk answers again.
/// </summary>
/// <remarks>Lives on the event loop. What is pending is lost with the agent; the runtime's next DEL or GC finds it again.</remarks>
public sealed class DetachWithoutJournal(
    NodeFold fold, Reconciler reconciler, IKernel kernel, Sandboxes sandboxes, IEntityHost host, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RemoveWithin = TimeSpan.FromSeconds(20);

    private readonly SortedDictionary<AttachmentId, CorrelationId> _pending = [];

    /// <summary>Whether the journal is known not to be writable now.</summary>
    public bool IsNeeded => log.JournalFault is not null;

    /// <summary>Whether the attachment was detached, and the journal does not know it yet.</summary>
    public bool IsPending(AttachmentId attachment) => _pending.ContainsKey(attachment);

    /// <exception cref="KernelException">The interface could not be removed.</exception>
    /// <exception cref="SwitchException">Open vSwitch failed.</exception>
    /// <exception cref="OperationCanceledException">Open vSwitch did not answer in time.</exception>
    public async Task RemoveAsync(AttachmentId attachment, CorrelationId correlation, CancellationToken cancellationToken)
    {
        if (!fold.State.Ports.TryGetValue(attachment, out var port))
            return;
        _pending[attachment] = correlation;
        reconciler.Condemn(attachment);
        using var deadline = new CancellationTokenSource(reconciler.IsInStep ? RemoveWithin : SwitchPatience.Within, time);
        await reconciler.WhenGoneAsync(attachment, correlation, null, deadline.Token);
        using var sandbox = sandboxes.Borrow(attachment, port.Request!.Sandbox);
        await kernel.DetachAsync(attachment, port.Request.HostInterface, sandbox, cancellationToken);
        reconciler.LinkVanished(port.Request.HostInterface);
        log.Warn($"{attachment} was detached without the journal; its address stays held until the journal can be written");
    }

    /// <summary>Journals what is pending, as far as the disk lets it.</summary>
    public async Task CatchUpAsync()
    {
        foreach (var (attachment, correlation) in _pending.ToArray())
        {
            var answer = await host.AskAsync(Port.Id(attachment),
                new Port.Command.Detach(attachment, "CNI DEL, carried out while the journal could not be written"),
                new AskContext(correlation, AskWithin));
            if (answer is not AskResult.Replied)
                return;
            _pending.Remove(attachment);
            reconciler.Absolve(attachment);
        }
    }
}
