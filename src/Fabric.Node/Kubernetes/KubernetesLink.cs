using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.Node.Cni;

namespace Fabric.Node.Kubernetes;

/// <summary>This node's side of Kubernetes: its Node object, its pods, and what the agent says of them.</summary>
/// <remarks>
/// Lives on the event loop. Nothing here is needed to forward or to attach: an API that does not answer is waited for.
/// </remarks>
public sealed class KubernetesLink : IKubernetesPart
{
    private readonly IKubernetesApi _api;
    private readonly NodeParameters _node;
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly OwnNode _own;
    private readonly KnownPods _pods;
    private readonly PodEvents _events;
    private readonly PodAnnotationReader _annotations;

    public KubernetesLink(IKubernetesApi api, NodeParameters node, TimeProvider time, AgentLog log)
    {
        (_api, _node, _time, _log) = (api, node, time, log);
        var name = node.Options.NodeName;
        _own = new OwnNode(api, name, time, log);
        _pods = new KnownPods(api, name, time, log);
        _events = new PodEvents(api, name, time, log);
        _annotations = new PodAnnotationReader(
            api, _pods, (pod, message) => _events.Report(pod, PodEvents.AnnotationsIgnored, message), time, log);
        _annotations.Start();
    }

    /// <summary>Where ADD finds what pods' annotations ask for.</summary>
    public IPodAnnotations Annotations => _annotations;

    /// <summary>To be told what became of pods' calls.</summary>
    public IPodCallObserver Calls => _events;

    public async Task<string> ObjectUidAsync(CancellationToken cancellationToken) =>
        (await _own.WaitAsync(cancellationToken)).Metadata.Uid!;

    public INodeObjects FollowNodes() => new KubernetesNodeObjects(_api, _time, _log.Warn);

    public INetworkObjects FollowNetworks() => new KubernetesNetworkObjects(_api, _time, _log.Warn);

    /// <summary>Follows and says what there is to say, until cancelled.</summary>
    /// <param name="readiness">Whether ADD can be served.</param>
    /// <param name="facts">What the NodeNetwork is made of; both are read on the event loop.</param>
    public async Task RunAsync(Func<Readiness> readiness, Func<NodeNetworkFacts> facts, CancellationToken cancellationToken)
    {
        var keeper = new NodeObjectKeeper(_api, _own, _node.Options.NodeName, _node.Options.StartupTaint, readiness, _time, _log);
        var reporter = new NodeNetworkReporter(_api, _own, _node, facts, _time, _log);
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> work =
        [
            _own.RunAsync(term.Token), _pods.RunAsync(term.Token), _events.RunAsync(term.Token), keeper.RunAsync(term.Token),
            reporter.RunAsync(term.Token),
        ];
        if (_node.Options.BridgeResources is { } resources)
            work.AddRange(Marking(resources, term.Token));
        await Together.RunAsync(work, term);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private IEnumerable<Task> Marking(BridgeResources resources, CancellationToken cancellationToken)
    {
        var bridges = new BridgeWatch(_node.Options.OvsDb, _time, _log);
        var marker = new BridgeMarker(
            _api, _node.Options.NodeName, resources, () => _own.Current, () => bridges.Names, _time, _log);
        bridges.Changed = marker.Wake;
        return [bridges.RunAsync(cancellationToken), marker.RunAsync(cancellationToken), WakeAsync(marker, cancellationToken)];
    }

    private async Task WakeAsync(BridgeMarker marker, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = _own.Changed.Count;
            marker.Wake();
            await _own.Changed.WaitAsync(seen, cancellationToken);
        }
    }
}
