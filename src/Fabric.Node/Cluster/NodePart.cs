using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>What this node contributes to the cluster: its lease, and the singletons while it holds theirs.</summary>
/// <param name="nextIncarnation">A higher one than all before, on disk; fails with <see cref="IOException"/>.</param>
/// <param name="tryLeave">Asked at the end: whether the node leaves for good, having given up what it holds.</param>
/// <param name="kubernetes">Null outside Kubernetes.</param>
public sealed class NodePart(IClusterStore store, NodeParameters node, long incarnation, Func<long> nextIncarnation,
    Func<Task<bool>> tryLeave, IKubernetesPart? kubernetes, StoreContact contact, TimeProvider time, AgentLog log)
{
    private NodeLeaseRecord? _record;
    private SingletonHost? _singletons;
    private CancellationTokenSource? _membership;
    private long _removed;

    public SingletonStatus? Singletons => _singletons?.Status;

    /// <summary>For this node's appends to cluster streams; null before it has joined.</summary>
    public ClusterWriter? Writer => _singletons?.Writer;

    /// <summary>Joins, and takes part until cancelled; then says farewell.</summary>
    /// <exception cref="AgentException">Another node has this name or uid, or a newer agent of this node has started.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var last = incarnation - 1;
        while (true)
        {
            using var membership = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _membership = membership;
            try
            {
                await TakePartAsync(Math.Max(last, _removed), membership.Token, cancellationToken);
            }
            finally
            {
                _membership = null;
            }
            cancellationToken.ThrowIfCancellationRequested();
            last = NextIncarnation() - 1;
            log.Info("this node was removed from the cluster and joins again");
        }
    }

    /// <summary>The cluster has removed this node as far as this incarnation: it comes back with a higher one.</summary>
    public void Rejoin(long removed)
    {
        _removed = Math.Max(_removed, removed);
        if (_record is { } record && record.Incarnation <= _removed)
            _membership?.Cancel();
    }

    private async Task TakePartAsync(long last, CancellationToken membership, CancellationToken cancellationToken)
    {
        string? objectUid = null;
        try
        {
            // A node that was removed because its Node object was deleted must not be back before there is one again.
            if (kubernetes is not null)
                objectUid = await kubernetes.ObjectUidAsync(membership);
        }
        catch (OperationCanceledException) when (membership.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return;
        }
        var identity = new NodeIdentity(
            node.Options.NodeName, node.NodeUid, last, node.Vteps, node.Vteps, node.Version, node.Streams.Catalog.Level, objectUid);
        var lease = new NodeLease(store, identity, node.Options.LeaseDuration, time, log.Warn) { Renewed = contact.Reached };
        _record = null;
        try
        {
            _record = await lease.AcquireAsync(membership);
        }
        catch (NodeLeaseException e)
        {
            throw new AgentException(e.Message, e);
        }
        if (_record.Incarnation <= _removed)
            return;
        log.Info($"joined cluster {node.Options.ClusterName} as {_record.Node}, incarnation {_record.Incarnation}");
        _singletons = new SingletonHost(store, Settings(),
            new SingletonLeaseRecord(_record.Node, _record.Uid, _record.Incarnation), time, log.Info,
            kubernetes is null ? null : kubernetes.FollowNodes, kubernetes is null ? null : kubernetes.FollowNetworks);
        using var term = new CancellationTokenSource();
        var singletons = _singletons.RunAsync(term.Token);
        var end = await lease.RunAsync(membership);
        // Before the role is given up, so that the next holder finds the farewell in its first look.
        if (end is NodeLeaseEnd.Stopped && cancellationToken.IsCancellationRequested)
            await FarewellAsync(lease);
        // On this loop: what ends then must not go on elsewhere.
        term.Cancel();
        await singletons;
        if (end is NodeLeaseEnd.Displaced displaced)
            throw new AgentException($"{displaced.Describe()}; this agent stops and leaves everything to that one");
    }

    private async Task FarewellAsync(NodeLease lease)
    {
        var leaves = await tryLeave();
        if (await lease.FarewellAsync(leaves ? NodeLeaseState.Left : NodeLeaseState.Stopped) is { } trouble)
            log.Warn($"the cluster could not be told that this agent stops; it will count as unreachable: {trouble}");
        else if (leaves)
            log.Info("drained and without attachments: this node left the cluster and gave its pod CIDR back");
    }

    private long NextIncarnation()
    {
        try
        {
            return nextIncarnation();
        }
        catch (IOException e)
        {
            throw new AgentException($"the incarnation can't be written, so this node can't join the cluster again: {e.Message}", e);
        }
    }

    private ClusterSettings Settings()
    {
        var options = node.Options;
        return new ClusterSettings(
            options.ClusterName,
            options.LeaseDuration,
            options.RemovalAfter,
            options.Quarantine,
            options.PodCidrSource,
            [.. options.ClusterCidrs.Select(c => new ClusterCidr(c, c.IsV6 ? options.NodePrefixLengthV6 : options.NodePrefixLength))],
            [new VtepMesh.Command.Open(node.Network, options.Vni, options.Overlay, options.OverlayPort)])
        {
            Streams = node.Streams,
        };
    }
}
