using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;

namespace Fabric.Node.Kubernetes;

/// <summary>Keeps this node's NodeNetwork: <c>kubectl get nodenetworks</c> is an overview of the fabric.</summary>
/// <remarks>
/// Written when there is something new, at most every 30 s: a thousand nodes that are well write nothing. The object belongs to the
/// Node and goes away with it. Lives on the event loop.
/// </remarks>
public sealed class NodeNetworkReporter(
    IKubernetesApi api, OwnNode own, NodeParameters node, Func<NodeNetworkFacts> facts, TimeProvider time, AgentLog log)
{
    /// <summary>Between two writes there is at least this time.</summary>
    public static TimeSpan WriteEvery { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly RetryPause _pause = new();
    private NodeNetworkStatus? _written;
    private string? _trouble;

    /// <summary>Keeps it true until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await own.WaitAsync(cancellationToken);
        while (true)
        {
            var status = NodeNetworkReport.Of(facts(), node, _written);
            if (_written is not null && NodeNetworkReport.SaysTheSame(status, _written))
                await Task.Delay(LookEvery, time, cancellationToken);
            else if (await TryWriteAsync(status, cancellationToken))
                await Task.Delay(WriteEvery, time, cancellationToken);
            else
                await Task.Delay(_pause.AfterFailure(), time, cancellationToken);
        }
    }

    private async Task<bool> TryWriteAsync(NodeNetworkStatus status, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(status, cancellationToken);
            _pause.AfterSuccess();
            (_written, _trouble) = (status, null);
            return true;
        }
        catch (KubernetesException e)
        {
            var advice = e.Fault == ApiFault.NotFound ? "; is the CustomResourceDefinition nodenetworks.fabric.cni.dev installed?" : "";
            if (_trouble != e.Message)
                log.Warn($"this node's NodeNetwork was not written: {e.Message}{advice}");
            _trouble = e.Message;
            return false;
        }
    }

    private async Task WriteAsync(NodeNetworkStatus status, CancellationToken cancellationToken)
    {
        var patch = new ApiPatch.Merge(System.Text.Encoding.UTF8.GetBytes(new JsonObject
        {
            ["status"] = JsonSerializer.SerializeToNode(
                new NodeNetworkObject(new ObjectMeta(), status), NodeNetworkObject.Resource.Json)!["status"]!.DeepClone(),
        }.ToJsonString()));
        try
        {
            await api.PatchAsync(NodeNetworkObject.Resource, null, node.Options.NodeName.Value, patch, "status", cancellationToken);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            await CreateAsync(cancellationToken);
            await api.PatchAsync(NodeNetworkObject.Resource, null, node.Options.NodeName.Value, patch, "status", cancellationToken);
        }
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var owner = await own.WaitAsync(cancellationToken);
        try
        {
            await api.CreateAsync(NodeNetworkObject.Resource, new NodeNetworkObject(new ObjectMeta(
                node.Options.NodeName.Value,
                OwnerReferences: [new OwnerReference("v1", "Node", owner.Metadata.Name!, owner.Metadata.Uid!)])), cancellationToken);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.AlreadyExists)
        {
            // An earlier attempt whose answer was lost.
        }
    }
}
