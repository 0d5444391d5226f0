using System.Text.Json.Nodes;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>
/// Says on this node's Node object that its network is there once ADD can be served: the condition <c>NetworkUnavailable</c> becomes
/// False, and the startup taint goes.
/// </summary>
/// <remarks>
/// Lives on the event loop. It never says the opposite: a node that can't attach pods for a moment tells the runtime so by STATUS,
/// and a taint would move pods that run well.
/// </remarks>
public sealed class NodeObjectKeeper(
    IKubernetesApi api, OwnNode own, NodeName node, string? startupTaint, Func<Readiness> readiness, TimeProvider time, AgentLog log)
{
    private const string Condition = "NetworkUnavailable";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly RetryPause _pause = new();

    /// <summary>Keeps it so until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = own.Changed.Count;
            if (own.Current is { } current && readiness().IsReady && ChangesFor(current) is { Count: > 0 } changes)
            {
                if (await TryAsync(changes, cancellationToken))
                    await Task.Delay(_pause.AfterSuccess(), time, cancellationToken);
                else
                    await Task.Delay(_pause.AfterFailure(), time, cancellationToken);
            }
            else if (readiness().IsReady)
            {
                await own.Changed.WaitAsync(seen, cancellationToken);
            }
            else
            {
                await Task.Delay(LookEvery, time, cancellationToken);
            }
        }
    }

    private List<(ApiPatch Patch, string? Subresource, string What)> ChangesFor(NodeObject current)
    {
        var changes = new List<(ApiPatch, string?, string)>();
        if (current.Status?.Conditions?.FirstOrDefault(c => c.Type == Condition) is not { Status: "False" })
            changes.Add((new ApiPatch.Strategic(ConditionPatch()), "status", $"{Condition} is False"));
        // One at a time: the next look sees where the others are then.
        if (startupTaint is not null && current.Spec?.Taints is { } taints
            && taints.Select((t, i) => (Taint: t, Index: i)).FirstOrDefault(t => t.Taint.Key == startupTaint) is { Taint: { } taint } at)
            changes.Add((new ApiPatch.Operations(TaintPatch(at.Index)), null, $"taint {taint.Key}:{taint.Effect} removed"));
        return changes;
    }

    private async Task<bool> TryAsync(
        List<(ApiPatch Patch, string? Subresource, string What)> changes, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (patch, subresource, what) in changes)
            {
                await api.PatchAsync(NodeObject.Resource, null, node.Value, patch, subresource, cancellationToken);
                log.Info($"Node {node}: {what}");
            }
            return true;
        }
        catch (KubernetesException e)
        {
            log.Warn(e.Message);
            return false;
        }
    }

    private byte[] ConditionPatch()
    {
        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        return Encode(new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = Condition,
                    ["status"] = "False",
                    ["reason"] = "FabricIsUp",
                    ["message"] = "Fabric attaches pods on this node",
                    ["lastHeartbeatTime"] = now,
                    ["lastTransitionTime"] = now,
                }),
            },
        });
    }

    // The list may have changed since it was read; the test makes the server refuse then.
    private byte[] TaintPatch(int index) => Encode(new JsonArray(
        new JsonObject { ["op"] = "test", ["path"] = $"/spec/taints/{index}/key", ["value"] = startupTaint },
        new JsonObject { ["op"] = "remove", ["path"] = $"/spec/taints/{index}" }));

    private static byte[] Encode(JsonNode patch) => System.Text.Encoding.UTF8.GetBytes(patch.ToJsonString());
}
