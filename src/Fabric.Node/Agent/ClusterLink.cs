using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Cluster;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>This node's part in the cluster: its lease, the singletons if they run here, and the streams it acts on.</summary>
/// <param name="open">Opens the store; fails with <see cref="JournalException"/> while it can't be reached.</param>
/// <remarks>
/// Every cluster event is copied into the node's journal before it is acted on, so the mesh survives a restart without the store.
/// Lives on the event loop. A store that can't be reached stops nothing here.
/// </remarks>
public sealed class ClusterLink(
    Func<IClusterStore> open, NodeParameters node, long incarnation, IEntityHost host, NodeFold fold, TimeProvider time, AgentLog log)
    : IClusterView
{
    private static readonly TimeSpan OpenAgainAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(30);

    private readonly PersistenceId _mesh = VtepMesh.Id(node.Network);
    private readonly PersistenceId _podCidr = PodCidr.Id(node.Options.ClusterName);
    private IClusterStore? _store;
    private NodeLease? _lease;
    private SingletonHost? _singletons;
    private DateTimeOffset? _lastContact;

    /// <summary>What the membership and podcidr streams say; for <c>fabric members</c>.</summary>
    public Membership.State? Members { get; private set; }

    public PodCidr.State? PodCidrs { get; private set; }

    /// <summary>Whether the store could be read last.</summary>
    public string? StoreFault { get; private set; } = "not reached yet";

    public TimeSpan SinceLeaseRenewed => _lease?.SinceRenewed ?? TimeSpan.MaxValue;

    public bool IsSingletonHolder => _singletons?.Status.IsHolder ?? false;

    public ClusterFacts Read() => new(
        node.Options.ClusterStore,
        StoreFault is null,
        _lastContact,
        IsSingletonHolder ? node.Options.NodeName : null,
        Members is not null && PodCidrs is not null ? MemberView.Of(Members, PodCidrs) : []);

    /// <summary>Called on the loop when the cluster assigned this node its blocks.</summary>
    public Func<ImmutableArray<Cidr>, CorrelationId, Causation?, Task>? CidrsAssigned { get; set; }

    /// <summary>Called on the loop once the store has told all that it knows of this node's blocks.</summary>
    public Action? Confirmed { get; set; }

    /// <summary>Joins, and takes part until cancelled.</summary>
    /// <exception cref="AgentException">Another node has this name or uid, or a newer agent of this node has started.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var store = await OpenAsync(cancellationToken);
        _store = store;
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] follows =
        [
            FollowMeshAsync(term.Token), FollowPodCidrAsync(term.Token), FollowMembersAsync(term.Token), TakePartAsync(term.Token),
        ];
        try
        {
            // The first that fails ends the others.
            await await Task.WhenAny(follows);
        }
        finally
        {
            await term.CancelAsync();
            foreach (var follow in follows)
            {
                try
                {
                    await follow;
                }
                catch (OperationCanceledException) when (term.IsCancellationRequested)
                {
                    // That is how they end.
                }
            }
        }
    }

    /// <summary>A store that is not there yet is waited for: what the journal knows serves meanwhile.</summary>
    private async Task<IClusterStore> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return open();
            }
            catch (JournalException e)
            {
                Interrupted(e.Message);
                await Task.Delay(OpenAgainAfter, time, cancellationToken);
            }
        }
    }

    private async Task TakePartAsync(CancellationToken cancellationToken)
    {
        var identity = new NodeIdentity(node.Options.NodeName, node.NodeUid, incarnation - 1, node.Vteps, node.Vteps, node.Version);
        _lease = new NodeLease(_store!, identity, node.Options.LeaseDuration, time, log.Warn);
        NodeLeaseRecord record;
        try
        {
            record = await _lease.AcquireAsync(cancellationToken);
        }
        catch (NodeLeaseException e)
        {
            throw new AgentException(e.Message, e);
        }
        log.Info($"joined cluster {node.Options.ClusterName} as {record.Node}, incarnation {record.Incarnation}");
        _singletons = new SingletonHost(_store!, Settings(),
            new SingletonLeaseRecord(record.Node, record.Uid, record.Incarnation), time, log.Info);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var singletons = _singletons.RunAsync(term.Token);
        var end = await _lease.RunAsync(cancellationToken);
        await term.CancelAsync();
        await singletons;
        if (end is NodeLeaseEnd.Displaced displaced)
            throw new AgentException($"{displaced.Describe()}; this agent stops and leaves everything to that one");
        cancellationToken.ThrowIfCancellationRequested();
    }

    private ClusterSettings Settings()
    {
        var options = node.Options;
        return new ClusterSettings(
            options.ClusterName,
            options.LeaseDuration,
            PodCidr.SourceFabric,
            [.. options.ClusterCidrs.Select(c => new ClusterCidr(c, c.IsV6 ? options.NodePrefixLengthV6 : options.NodePrefixLength))],
            [new VtepMesh.Command.Open(node.Network, options.Vni, options.Overlay, options.OverlayPort)]);
    }

    private async Task FollowMeshAsync(CancellationToken cancellationToken)
    {
        var caughtUp = false;
        var follow = new ClusterFold<VtepMesh.State>(new VtepMesh(), _mesh, _store!, ClusterEvents.Catalog, time);
        await foreach (var step in follow.FollowAsync(cancellationToken))
        {
            switch (step)
            {
                case FoldStep<VtepMesh.State>.Folded folded:
                    Reached();
                    var cause = await ObserveAsync(folded.Envelope);
                    if (caughtUp)
                        SetTunnels(folded.State, cause);
                    break;
                case FoldStep<VtepMesh.State>.CaughtUp up:
                    caughtUp = IsMeshKnown = true;
                    Reached();
                    Compare(up.State.Opened);
                    SetTunnels(up.State, null);
                    break;
                case FoldStep<VtepMesh.State>.Jumped jumped when caughtUp:
                    SetTunnels(jumped.State, null);
                    break;
                case FoldStep<VtepMesh.State>.Interrupted interrupted:
                    Interrupted(interrupted.Reason);
                    break;
                case FoldStep<VtepMesh.State>.Stalled stalled:
                    log.Error($"the mesh stays as it is: {stalled.Reason}", null);
                    break;
            }
        }
        await WaitForEndAsync(cancellationToken);
    }

    /// <summary>Whether the mesh has been read to its end since the start.</summary>
    public bool IsMeshKnown { get; private set; }

    /// <summary>Pods can be attached all the same, so this is said and does not make the node unready (CNI SPEC 1.1, STATUS).</summary>
    private void Compare(MeshEvent.MeshOpened? opened)
    {
        var options = node.Options;
        if (opened is null || (opened.Vni, opened.Overlay, opened.OverlayPort) == (options.Vni, options.Overlay, options.OverlayPort))
            return;
        log.Error($"the mesh uses {opened.Overlay.ToString().ToLowerInvariant()} port {opened.OverlayPort} with VNI {opened.Vni}, and this "
            + $"node's options say {options.Overlay.ToString().ToLowerInvariant()} port {options.OverlayPort} with VNI {options.Vni}; "
            + "pods here reach no other node: mend --overlay, --overlay-port or --vni", null);
    }

    private void SetTunnels(VtepMesh.State mesh, Causation? cause)
    {
        var open = fold.State.Tunnels;
        foreach (var peer in mesh.Joined.Values.Where(v => v.Node != node.Options.NodeName))
        {
            host.Tell(Tunnel.Id(peer.Node), new Tunnel.Command.Open(
                new TunnelEvent.TunnelOpened(peer.Node, peer.NodeUid, peer.Vteps, peer.PodCidrs)), CorrelationId.None, cause);
        }
        foreach (var gone in open.Keys.Where(peer => !mesh.Joined.ContainsKey(peer)))
            host.Tell(Tunnel.Id(gone), new Tunnel.Command.Close(gone, "it is no longer in the mesh"), CorrelationId.None, cause);
    }

    private async Task FollowPodCidrAsync(CancellationToken cancellationToken)
    {
        var follow = new ClusterFold<PodCidr.State>(new PodCidr(), _podCidr, _store!, ClusterEvents.Catalog, time);
        await foreach (var step in follow.FollowAsync(cancellationToken))
        {
            Causation? cause = null;
            switch (step)
            {
                case FoldStep<PodCidr.State>.Folded folded:
                    PodCidrs = folded.State;
                    // Other nodes' blocks come with the mesh; only this node's own are of its history.
                    if (ClusterEvents.Catalog.TryDecode(folded.Envelope.Manifest, folded.Envelope.Payload.Span, out var e)
                        && e is PodCidrEvent.PodCidrAssigned assigned && assigned.NodeUid == node.NodeUid)
                        cause = await ObserveAsync(folded.Envelope);
                    break;
                case FoldStep<PodCidr.State>.CaughtUp up:
                    PodCidrs = up.State;
                    break;
                case FoldStep<PodCidr.State>.Jumped jumped:
                    PodCidrs = jumped.State;
                    break;
                case FoldStep<PodCidr.State>.Interrupted interrupted:
                    Interrupted(interrupted.Reason);
                    continue;
                case FoldStep<PodCidr.State>.Stalled stalled:
                    log.Error($"pod CIDRs stay as they are: {stalled.Reason}", null);
                    continue;
            }
            if (PodCidrs!.CidrsOf(node.NodeUid) is { IsEmpty: false } mine && CidrsAssigned is { } adopt)
                await adopt(mine, CorrelationId.None, cause);
            // Only now: until then an ADD would be served from the old block.
            if (step is FoldStep<PodCidr.State>.CaughtUp)
                Confirmed?.Invoke();
        }
        await WaitForEndAsync(cancellationToken);
    }

    private async Task FollowMembersAsync(CancellationToken cancellationToken)
    {
        var follow = new ClusterFold<Membership.State>(
            new Membership(), Membership.Id(node.Options.ClusterName), _store!, ClusterEvents.Catalog, time);
        await foreach (var step in follow.FollowAsync(cancellationToken))
        {
            Members = step switch
            {
                FoldStep<Membership.State>.Folded folded => folded.State,
                FoldStep<Membership.State>.CaughtUp up => up.State,
                FoldStep<Membership.State>.Jumped jumped => jumped.State,
                _ => Members,
            };
        }
        await WaitForEndAsync(cancellationToken);
    }

    /// <returns>The copy in the node's journal, for what follows from it.</returns>
    private async Task<Causation?> ObserveAsync(EventEnvelope envelope)
    {
        var id = ClusterObserver.Id(envelope.Stream);
        if (fold.State.Observed.GetValueOrDefault(envelope.Stream) >= envelope.SequenceNr)
            return null;
        var description = ClusterEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e) ? e.Describe() : "";
        using var payload = JsonDocument.Parse(envelope.Payload);
        var copy = new ClusterEventObserved(
            envelope.Stream, envelope.SequenceNr, envelope.Manifest, envelope.Hlc, payload.RootElement.Clone(), description);
        var context = new AskContext(envelope.Correlation, AskWithin, envelope.Causation, envelope.ObjectRef);
        if (await host.AskAsync(id, new ClusterObserver.Observe(copy), context) is AskResult.Unavailable unavailable)
            log.Warn($"{envelope.Stream} #{envelope.SequenceNr} is acted on without a copy in the journal: {unavailable.Reason}");
        return new Causation(envelope.Stream, envelope.SequenceNr);
    }

    private void Reached()
    {
        StoreFault = null;
        _lastContact = time.GetUtcNow();
    }

    private void Interrupted(string reason)
    {
        if (StoreFault != reason)
            log.Warn($"the cluster store can't be read, what is known holds: {reason}");
        StoreFault = reason;
    }

    // A stalled fold is no reason to end the others.
    private static Task WaitForEndAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
}
