using System.Collections.Immutable;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cluster.Kubernetes;

/// <summary>The cluster's Node objects, of each only its name, uid and pod CIDRs. For one term: made, run once, and left.</summary>
public sealed class KubernetesNodeObjects(IKubernetesApi api, TimeProvider time, Action<string> report) : INodeObjects
{
    private readonly Informer<NodeObject, NodeSighting?> _nodes = new(
        api, NodeObject.Resource, ObjectQuery.All, n => Sighting(n, report), time, report);

    private ImmutableSortedDictionary<ObjectKey, NodeSighting?>? _taken;
    private ImmutableSortedDictionary<NodeName, NodeSighting> _sightings = ImmutableSortedDictionary<NodeName, NodeSighting>.Empty;

    public ChangeSignal Changed => _nodes.Changed;

    public ImmutableSortedDictionary<NodeName, NodeSighting>? Look()
    {
        if (!_nodes.HasSynced)
            return null;
        if (!ReferenceEquals(_taken, _nodes.Objects))
        {
            _taken = _nodes.Objects;
            _sightings = _taken.Values.OfType<NodeSighting>().ToImmutableSortedDictionary(s => s.Node, s => s);
        }
        return _sightings;
    }

    public async Task<bool?> IsDeletedAsync(NodeName node, string objectUid, CancellationToken cancellationToken)
    {
        try
        {
            return (await api.GetAsync(NodeObject.Resource, null, node.Value, cancellationToken)).Metadata.Uid != objectUid;
        }
        catch (KubernetesException e)
        {
            return e.Fault == ApiFault.NotFound ? true : null;
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _nodes.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private static NodeSighting? Sighting(NodeObject node, Action<string> report)
    {
        if (node.Metadata is not { Name: { } name, Uid: { } uid } || NodeName.Fault(name) is not null)
            return null;
        var cidrs = ImmutableArray.CreateBuilder<Cidr>();
        foreach (var text in node.Spec?.PodCIDRs ?? [])
        {
            if (Cidr.TryParse(text, CultureInfo.InvariantCulture, out var cidr))
                cidrs.Add(cidr);
            else
                report($"Node {name}: spec.podCIDRs holds '{text}', which is no CIDR");
        }
        return new NodeSighting(new NodeName(name), uid, cidrs.ToImmutable());
    }
}
