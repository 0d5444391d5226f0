using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What is put right after a start: unfinished attachments, leaked links, holdings without an attachment, a reboot.</summary>
/// <remarks>Lives on the event loop. Each finding becomes an event of the entity that it concerns.</remarks>
public sealed class Recovery(NodeFold fold, IEntityHost host, IKernel kernel, Reconciler reconciler, AgentLog log)
{
    /// <summary>Looks once, before the first ADD is served.</summary>
    public async Task RunAsync(string bootId, CancellationToken cancellationToken)
    {
        var state = fold.State;
        var links = await kernel.ListAsync(cancellationToken);
        foreach (var link in links)
        {
            if (state.Ports.ContainsKey(link.Attachment))
                reconciler.LinkAppeared(link.Name);
        }
        foreach (var (attachment, port) in state.Ports)
        {
            // Recovering the entity resumes what it had left unfinished.
            host.Activate(Port.Id(attachment));
            if (port.Request!.BootId != bootId)
                Tell(attachment, new Port.Command.Detach(attachment, "the machine was rebooted"));
        }
        ReleaseOrphanedHoldings(state);
        FindOrphans(links);
        await RemoveLeakedLinksAsync(state, links, cancellationToken);
    }

    /// <summary>Looks for attachments whose interface is gone although nobody asked for it.</summary>
    public async Task LookForOrphansAsync(CancellationToken cancellationToken) => FindOrphans(await kernel.ListAsync(cancellationToken));

    private void FindOrphans(ImmutableArray<HostLink> links)
    {
        var there = links.Select(l => l.Attachment).ToHashSet();
        foreach (var (attachment, port) in fold.State.Ports)
        {
            if (port.Stage == PortStage.Ready && !port.IsOrphaned && !there.Contains(attachment))
                Tell(attachment, new Port.Command.Orphan($"{port.Request!.HostInterface} and the pod's interface are gone"));
        }
    }

    /// <summary>
    /// A crash between a pool's append and the port's leaves a holder without a port only if the port never heard of the request;
    /// then nobody else would ever give the address back.
    /// </summary>
    private void ReleaseOrphanedHoldings(NodeState state)
    {
        foreach (var (pool, held) in state.Pools)
        {
            foreach (var attachment in held.Lending.Held.Keys.Where(a => !state.Ports.ContainsKey(a)))
            {
                log.Warn($"{pool}: {attachment} holds an address and is not attached; released");
                host.Tell(pool, new AddressPool.Command.Release(attachment), CorrelationId.None);
            }
        }
        if (state.Bridge.Configured is not { } bridge)
            return;
        foreach (var attachment in state.Bridge.Lending.Held.Keys.Where(a => !state.Ports.ContainsKey(a)))
        {
            log.Warn($"bridge {bridge.Bridge}: {attachment} holds an ofport and is not attached; released");
            host.Tell(Bridge.Id(bridge.Bridge), new Bridge.Command.FreeOfPort(attachment), CorrelationId.None);
        }
    }

    private async Task RemoveLeakedLinksAsync(NodeState state, ImmutableArray<HostLink> links, CancellationToken cancellationToken)
    {
        foreach (var link in links.Where(l => !state.Ports.ContainsKey(l.Attachment)))
        {
            log.Warn($"link {link.Name} belongs to {link.Attachment}, which is not attached; removed");
            try
            {
                await kernel.DetachAsync(link.Attachment, link.Name, null, cancellationToken);
            }
            catch (KernelException e)
            {
                log.Warn($"link {link.Name} could not be removed: {e.Message}");
            }
        }
    }

    private void Tell(AttachmentId attachment, ICommand command) => host.Tell(Port.Id(attachment), command, CorrelationId.None);
}
