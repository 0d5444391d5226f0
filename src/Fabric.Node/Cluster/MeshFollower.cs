using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>Keeps a tunnel to every other node of a network's mesh, and to no other.</summary>
/// <param name="joined">The virtual network; null for the default one.</param>
public sealed class MeshFollower(
    NodeParameters node, IEntityHost host, NodeFold fold, FollowContext context, NetworkEvent.NetworkJoined? joined = null)
    : StreamFollower<VtepMesh.State>(
        new VtepMesh(), joined is null ? VtepMesh.Id(node.Network) : VtepMesh.Id(joined.Network, joined.Vni), context)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);

    private readonly AgentLog _log = context.Log;
    private readonly TimeProvider _time = context.Time;

    /// <summary>How this node's options differ from the mesh, or null.</summary>
    public string? Mismatch { get; private set; }

    /// <summary>
    /// Whether the mesh has been read, and this node's journal has all of its tunnels: only then do their flows survive a pass of the
    /// reconciler. Tunnels are told of, so they come some events after the mesh.
    /// </summary>
    public bool IsCarriedOut => State is { } state && IsDone(state);

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Together.RunAsync([base.RunAsync(term.Token), LookAgainAsync(term.Token)], term);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// What the mesh asks for is told, not asked: the journal may have declined it, or the fold may not have known of a tunnel yet that
    /// was to be closed. No later event of the mesh need come and make it good.
    /// </summary>
    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(LookAgainAfter, _time, cancellationToken);
            if (State is { } state && !IsDone(state))
                await ActAsync(state, null);
        }
    }

    private bool IsDone(VtepMesh.State state)
    {
        var open = Open();
        return open.Keys.All(state.Joined.ContainsKey) && state.Joined.Values.All(v => v.Node == node.Options.NodeName
            || open.TryGetValue(v.Node, out var tunnel) && tunnel.PeerUid == v.NodeUid
            && tunnel.Vteps.SequenceEqual(v.Vteps) && tunnel.PodCidrs.SequenceEqual(v.PodCidrs));
    }

    protected override Task ActAsync(VtepMesh.State state, Causation? cause)
    {
        Compare(state.Opened);
        // Whoever has left may have had what others have now.
        foreach (var gone in Open().Keys.Where(peer => !state.Joined.ContainsKey(peer)))
        {
            host.Tell(Tunnel.Id(gone, joined?.Network),
                new Tunnel.Command.Close(gone, "it is no longer in the mesh", joined?.Network), CorrelationId.None, cause);
        }
        foreach (var peer in state.Joined.Values.Where(v => v.Node != node.Options.NodeName))
        {
            host.Tell(Tunnel.Id(peer.Node, joined?.Network), new Tunnel.Command.Open(
                new TunnelEvent.TunnelOpened(peer.Node, peer.NodeUid, peer.Vteps, peer.PodCidrs, joined?.Network)),
                CorrelationId.None, cause);
        }
        return Task.CompletedTask;
    }

    private IReadOnlyDictionary<NodeName, TunnelEvent.TunnelOpened> Open() => joined is null
        ? fold.State.Tunnels
        : fold.State.NetworkTunnels.Values.Where(t => t.Network == joined.Network).ToImmutableSortedDictionary(t => t.Peer, t => t);

    /// <summary>Pods can be attached all the same, so this is said and does not make the node unready (CNI SPEC 1.1, STATUS).</summary>
    private void Compare(MeshEvent.MeshOpened? opened)
    {
        var options = node.Options;
        // A virtual network has its VNI from the cluster, and the rest as the default one has it.
        var mismatch = opened is null || joined is not null
            || (opened.Vni, opened.Overlay, opened.OverlayPort) == (options.Vni, options.Overlay, options.OverlayPort)
            ? null
            : $"the mesh uses {opened.Overlay.ToString().ToLowerInvariant()} port {opened.OverlayPort} with VNI {opened.Vni}, and "
                + $"this node's options say {options.Overlay.ToString().ToLowerInvariant()} port {options.OverlayPort} with VNI {options.Vni}; "
                + "pods here reach no other node: mend --overlay, --overlay-port or --vni";
        if (mismatch is not null && mismatch != Mismatch)
            _log.Error(mismatch, null);
        Mismatch = mismatch;
    }
}
