using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// Finds in the journal since when something is as it is: the folded state does not carry times, and only who asks pays for them.
/// </summary>
/// <remarks>Any thread. Events after the state's ordering are left out, so that the times belong to the state shown.</remarks>
public sealed class StreamTimes(INodeJournal journal, EventCatalog catalog)
{
    public async Task<Dictionary<AttachmentId, PortTimes>> PortsAsync(NodeState state, CancellationToken cancellationToken)
    {
        var times = new Dictionary<AttachmentId, PortTimes>();
        foreach (var attachment in state.Ports.Keys.Concat(state.Pools.Values.SelectMany(p => p.Lending.Held.Keys)).Distinct())
            times[attachment] = await PortAsync(attachment, state.Ordering, cancellationToken);
        return times;
    }

    /// <param name="network">A virtual network; null for the default one.</param>
    public async Task<Dictionary<NodeName, DateTimeOffset>> TunnelsAsync(
        NodeState state, NetworkName? network, CancellationToken cancellationToken)
    {
        var times = new Dictionary<NodeName, DateTimeOffset>();
        var peers = network is null
            ? state.Tunnels.Keys
            : state.NetworkTunnels.Values.Where(t => t.Network == network).Select(t => t.Peer);
        foreach (var peer in peers)
        {
            await foreach (var envelope in journal.ReadAsync(Tunnel.Id(peer, network), 1, cancellationToken))
            {
                if (envelope.Ordering <= state.Ordering)
                    times[peer] = envelope.WallTime;
            }
        }
        return times;
    }

    private async Task<PortTimes> PortAsync(AttachmentId attachment, long through, CancellationToken cancellationToken)
    {
        var port = PortState.Absent;
        DateTimeOffset? since = null;
        var addresses = ImmutableSortedDictionary.CreateBuilder<IpAddress, DateTimeOffset>();
        await foreach (var envelope in journal.ReadAsync(Port.Id(attachment), 1, cancellationToken))
        {
            if (envelope.Ordering > through || !catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e)
                || e is not PortEvent portEvent)
                break;
            var next = port.Apply(portEvent);
            if (next.Stage != port.Stage || portEvent is PortEvent.AttachmentRequested)
                since = envelope.WallTime;
            if (portEvent is PortEvent.AddressAssigned assigned)
                addresses[assigned.Address.Address] = envelope.WallTime;
            port = next;
        }
        return new PortTimes(since, addresses.ToImmutable());
    }
}
