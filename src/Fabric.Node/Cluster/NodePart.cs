using Fabric.Cluster;

namespace Fabric.Node;

/// <summary>What this node contributes to the cluster: its lease, and the singletons while it holds theirs.</summary>
public sealed class NodePart(IClusterStore store, NodeParameters node, long incarnation, TimeProvider time, AgentLog log)
{
    private SingletonHost? _singletons;

    public bool IsSingletonHolder => _singletons?.Status.IsHolder ?? false;

    /// <summary>Joins, and takes part until cancelled.</summary>
    /// <exception cref="AgentException">Another node has this name or uid, or a newer agent of this node has started.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var identity = new NodeIdentity(node.Options.NodeName, node.NodeUid, incarnation - 1, node.Vteps, node.Vteps, node.Version);
        var lease = new NodeLease(store, identity, node.Options.LeaseDuration, time, log.Warn);
        NodeLeaseRecord record;
        try
        {
            record = await lease.AcquireAsync(cancellationToken);
        }
        catch (NodeLeaseException e)
        {
            throw new AgentException(e.Message, e);
        }
        log.Info($"joined cluster {node.Options.ClusterName} as {record.Node}, incarnation {record.Incarnation}");
        _singletons = new SingletonHost(store, Settings(),
            new SingletonLeaseRecord(record.Node, record.Uid, record.Incarnation), time, log.Info);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var singletons = _singletons.RunAsync(term.Token);
        var end = await lease.RunAsync(cancellationToken);
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
            [new VtepMesh.Command.Open(node.Network, options.Vni, options.Overlay, options.OverlayPort)])
        {
            Streams = node.Streams,
        };
    }
}
