using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Paths to the peers of the mesh: which are watched, and what becomes of them.</summary>
public sealed partial class Reconciler
{
    private readonly Dictionary<NodeName, bool> _pathIsUp = [];
    private ImmutableSortedDictionary<NodeName, TunnelEvent.TunnelOpened>? _pathsFor;

    /// <summary>Whether the paths to peers are watched by BFD.</summary>
    public bool WatchesPaths { get; init; }

    /// <summary>After everything that pods wait for: a port for each of a thousand peers takes Open vSwitch its time.</summary>
    private async Task WatchPathsAsync(BridgeEvent.BridgeConfigured bridge, NodeState state, bool isDue, CancellationToken cancellationToken)
    {
        if (WatchesPaths ? !isDue && ReferenceEquals(_pathsFor, state.Tunnels) : _switch.Paths.IsEmpty)
            return;
        if (await _switch.WatchPathsAsync(WatchesPaths ? [.. PathsTo(state.Tunnels.Values, bridge.Vteps)] : [], cancellationToken))
        {
            _pathsFor = state.Tunnels;
        }
        else
        {
            // What came meanwhile has its turn first.
            _pathsFor = null;
            Wake();
        }
    }

    /// <summary>Each by the way that the pods' packets go (<see cref="Pipeline.PeerFlows"/>).</summary>
    private static IEnumerable<WantedPath> PathsTo(IEnumerable<TunnelEvent.TunnelOpened> tunnels, ImmutableArray<IpAddress> own) =>
        from tunnel in tunnels
        let pair = (from vtep in tunnel.Vteps from local in own where local.IsV6 == vtep.IsV6 select (vtep, local)).Take(1).ToArray()
        where pair.Length == 1
        select new WantedPath(tunnel.Peer, pair[0].local, pair[0].vtep);

    /// <summary>
    /// What is up when it is first seen is no news, after a restart of the agent above all; nor is that a new path is not up yet.
    /// </summary>
    private void TellOfPaths()
    {
        foreach (var path in _switch.Paths.Values)
        {
            if (!_pathIsUp.TryGetValue(path.Peer, out var wasUp))
            {
                if (path.IsUp)
                    _pathIsUp[path.Peer] = true;
                continue;
            }
            if (path.State is not { } state || path.IsUp == wasUp)
                continue;
            _pathIsUp[path.Peer] = path.IsUp;
            _observer.PathChanged(path);
            RecordLife(new NodeEvent.PeerPathChanged(path.Peer, state, path.Diagnostic));
        }
        foreach (var gone in _pathIsUp.Keys.Where(p => !_switch.Paths.ContainsKey(p)).ToArray())
            _pathIsUp.Remove(gone);
    }
}
