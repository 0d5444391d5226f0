using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Begins a journal anew from what Open vSwitch and the kernel still have, after the old one was lost.</summary>
/// <remarks>
/// The pods that run keep running: their addresses, port numbers and ports are taken into the new journal before the reconciler
/// makes its first pass, which would otherwise remove what it does not know. Lives on the event loop.
/// </remarks>
public sealed class Rebuild(ISwitch ovs, IKernel kernel, IEntityHost host, NodeParameters node, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <returns>How many attachments were taken over.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var records = await ReadAsync(cancellationToken);
        var links = (await kernel.ListAsync(cancellationToken)).ToDictionary(l => l.Attachment);
        var alive = records.Where(r => links.ContainsKey(r.Request.Attachment) && r.Request.BootId == node.BootId).ToArray();
        foreach (var network in alive.Select(r => r.Network).OfType<NetworkEvent.NetworkJoined>().DistinctBy(n => n.Network))
            await JoinAsync(network);
        var blocks = alive.Where(r => r.Request.Virtual is null).SelectMany(r => r.Assigned)
            .GroupBy(a => a.Pool).ToDictionary(g => g.Key, g => g.First().Address.Subnet);
        foreach (var (pool, block) in blocks)
            await AskAsync(pool, new AddressPool.Command.Open(block));
        if (blocks.Count > 0)
        {
            ImmutableArray<Cidr> cidrs = [.. blocks.Values.Order()];
            await AskAsync(NodeLife.Id(node.Options.NodeName), new NodeLife.Record(new NodeEvent.PodCidrsAdopted(cidrs)));
        }
        var adopted = 0;
        foreach (var record in alive)
        {
            if (await AdoptAsync(record, links[record.Request.Attachment]))
                adopted++;
        }
        log.Warn($"{adopted} of {records.Length} ports in Open vSwitch were taken into the new journal");
        return adopted;
    }

    private async Task<ImmutableArray<PortRecord>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var texts = await ovs.ReadPortRecordsAsync(node.Options.Bridge.Value, cancellationToken);
                return [.. texts.Select(PortRecord.TryDecode).OfType<PortRecord>()];
            }
            catch (SwitchException e) when (e.IsTransient)
            {
                log.Warn($"the journal was lost and Open vSwitch, from which it is rebuilt, does not answer: {e.Message}");
                await Task.Delay(RetryAfter, time, cancellationToken);
            }
        }
    }

    /// <summary>What the network was is with each of its ports; the cluster says later whether it still is so.</summary>
    private async Task JoinAsync(NetworkEvent.NetworkJoined network)
    {
        await AskAsync(NodeNetworks.Id(node.Options.NodeName), new NodeNetworks.Command.Join(
            network.Network, network.Vni, network.Subnets, network.Blocks, network.ConntrackZone));
        foreach (var block in network.Blocks)
        {
            await AskAsync(AddressPool.Id(network.Network.Value, block.IsV6),
                new AddressPool.Command.Open(block, network.Subnets.First(s => s.Cidr.Contains(block))));
        }
    }

    private async Task<bool> AdoptAsync(PortRecord record, HostLink link)
    {
        var attachment = record.Request.Attachment;
        foreach (var assigned in record.Assigned)
        {
            if (!await AskAsync(assigned.Pool, new AddressPool.Command.Allocate(attachment, assigned.Address.Address,
                    IsClaimed: record.Request.Virtual?.Claimed.Contains(assigned.Address.Address) == true)))
                return false;
        }
        if (!await AskAsync(record.Request.Bridge, new Bridge.Command.TakeOfPort(attachment, record.OfPort)))
            return false;
        return await AskAsync(Port.Id(attachment), new Port.Command.Adopt(record, link.IfIndex));
    }

    private async Task<bool> AskAsync(PersistenceId to, ICommand command)
    {
        var answer = await host.AskAsync(to, command, new AskContext(CorrelationId.None, AskWithin));
        if (answer is AskResult.Replied)
            return true;
        log.Warn($"rebuilding {to}: {answer}");
        return false;
    }
}
