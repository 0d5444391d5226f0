using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>This node's own Node object, followed.</summary>
/// <remarks>Lives on the event loop. One watch of one object: what it costs does not grow with the cluster.</remarks>
public sealed class OwnNode(IKubernetesApi api, NodeName node, TimeProvider time, AgentLog log)
{
    private readonly Informer<NodeObject, NodeObject> _informer = new(
        api, NodeObject.Resource, new ObjectQuery(FieldSelector: $"metadata.name={node.Value}"), n => n, time, log.Warn);

    /// <summary>Raised when <see cref="Current"/> has changed.</summary>
    public ChangeSignal Changed => _informer.Changed;

    /// <summary>As last heard; null while there is none, or none has been heard of.</summary>
    public NodeObject? Current => _informer.Objects.Values.FirstOrDefault();

    /// <summary>Waits until there is a Node object.</summary>
    public async Task<NodeObject> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = Changed.Count;
            if (Current is { } current)
                return current;
            await Changed.WaitAsync(seen, cancellationToken);
        }
    }

    /// <summary>Follows it until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _informer.RunAsync(cancellationToken);
}
