using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The virtual networks' part of a round: what removed nodes held, what has rested, and a mesh for each network.</summary>
internal sealed partial class SingletonWork
{
    /// <summary>One mesh for each network, of exactly the nodes that hold something of it; a deleted network's is emptied.</summary>
    private async Task<TimeSpan?> SyncNetworksAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        if (_networks.State.Networks.IsEmpty && _networks.State.Deleted.IsEmpty)
            return null;
        if (await FreeNetworksAsync(faults, cancellationToken) is { } failed)
            return failed;
        var (rested, next) = _restingOfNetworks.Look(
            _networks.State.Resting().ToImmutableSortedDictionary(), _settings.Quarantine);
        if (!rested.IsEmpty
            && Unless(await AskAsync(_networks, new VirtualNetworks.Command.EndRest(rested), cancellationToken), faults) is { } retry)
            return retry;
        foreach (var network in _networks.State.Networks.Values)
            next = Sooner(next, await SyncNetworkAsync(network.Name, network.Vni, network.CidrsOf, faults, cancellationToken));
        foreach (var gone in _networks.State.Deleted)
        {
            var left = await SyncNetworkAsync(gone.Network, gone.Vni, _ => [], faults, cancellationToken)
                ?? Unless(await AskAsync(_networks, new VirtualNetworks.Command.Forget(gone), cancellationToken), faults);
            if (left is null)
                _networkMeshes.Remove(VtepMesh.Id(gone.Network, gone.Vni));
            next = Sooner(next, left);
        }
        return next;
    }

    private async Task<TimeSpan?> FreeNetworksAsync(ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        foreach (var gone in _membership.State.Former.Values.Where(f => f.FreesCidrs && _networks.State.Holds(f.Uid))
            .GroupBy(f => f.Reason).ToList())
        {
            var free = new VirtualNetworks.Command.FreeNodes([.. gone.Select(f => f.Ref)], gone.Key);
            if (Unless(await AskAsync(_networks, free, cancellationToken), faults) is { } retry)
                return retry;
        }
        return null;
    }

    private Task<TimeSpan?> SyncNetworkAsync(NetworkName network, Vni vni, Func<string, ImmutableArray<Cidr>> cidrsOf,
        ImmutableArray<string>.Builder faults, CancellationToken cancellationToken)
    {
        var id = VtepMesh.Id(network, vni);
        if (!_networkMeshes.TryGetValue(id, out var mesh))
            _networkMeshes[id] = mesh = Runner(new VtepMesh(), id, _ => _membership.State.EventLevel);
        // All networks share the tunnel port, so they are encapsulated alike.
        var common = _settings.Meshes[0];
        var open = new VtepMesh.Command.Open(network.Value, vni, common.Overlay, common.OverlayPort);
        return SyncAsync(open, mesh, cidrsOf, _networks.SequenceNr, faults, cancellationToken);
    }
}
