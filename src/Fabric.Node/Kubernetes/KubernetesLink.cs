using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Node;

/// <summary>This node's side of Kubernetes: its Node object, and what the agent says there.</summary>
/// <remarks>
/// Lives on the event loop. Nothing here is needed to forward or to attach: an API that does not answer is waited for.
/// </remarks>
public sealed class KubernetesLink : IKubernetesPart
{
    private readonly IKubernetesApi _api;
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly NodeParameters _node;
    private readonly NodeObjectKeeper _keeper;

    public KubernetesLink(IKubernetesApi api, NodeParameters node, Func<Readiness> readiness, TimeProvider time, AgentLog log)
    {
        (_api, _node, _time, _log) = (api, node, time, log);
        Node = new OwnNode(api, node.Options.NodeName, time, log);
        _keeper = new NodeObjectKeeper(api, Node, node.Options.NodeName, node.Options.StartupTaint, readiness, time, log);
    }

    public OwnNode Node { get; }

    public async Task<string> ObjectUidAsync(CancellationToken cancellationToken) =>
        (await Node.WaitAsync(cancellationToken)).Metadata.Uid!;

    public INodeObjects FollowNodes() => new KubernetesNodeObjects(_api, _time, _log.Warn);

    public INetworkObjects FollowNetworks() => new KubernetesNetworkObjects(_api, _time, _log.Warn);

    /// <summary>Follows and says what there is to say, until cancelled.</summary>
    /// <param name="facts">Read on the event loop.</param>
    public async Task RunAsync(Func<NodeNetworkFacts> facts, CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporter = new NodeNetworkReporter(_api, Node, _node, facts, _time, _log);
        await Together.RunAsync([Node.RunAsync(term.Token), _keeper.RunAsync(term.Token), reporter.RunAsync(term.Token)], term);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
