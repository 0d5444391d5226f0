using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using static Fabric.EndToEnd.NodeAdmin;

namespace Fabric.EndToEnd;

public sealed class NodeObjectsLab() : KubernetesLab(3, ("pod-cidr-source", "kubernetes"), ("startup-taint", "fabric.cni.dev/starting"));

/// <summary>Nodes whose Node objects say who they are, with real agents and a real API server.</summary>
public sealed class KubernetesTests(NodeObjectsLab lab) : IClassFixture<NodeObjectsLab>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public Task Nodes_have_the_pod_cidrs_and_addresses_of_their_node_objects() => lab.TestAsync(async () =>
    {
        foreach (var node in lab.Nodes)
        {
            var member = await MemberAsync(lab.First, node);
            Assert.Equal([KubernetesLab.PodCidrOf(node)], member!.PodCidrs.Select(c => c.ToString()));
            Assert.Equal([node.Lab.Address.ToString()], member.UnderlayAddresses.Select(a => a.ToString()));
        }
    });

    [SkippableFact]
    public Task The_network_is_available_and_the_startup_taint_gone_once_pods_can_be_attached() => lab.TestAsync(() => LabWait.UntilAsync(
        async () =>
        {
            var nodes = await lab.Api.ListAsync(NodeObject.Resource, ObjectQuery.All, 0, null, null, default);
            return nodes.Items.Where(n => lab.Nodes.Any(l => l.Lab.Name == n.Metadata.Name)).All(n => (n.Spec!.Taints ?? []).All(t => t.Key != "fabric.cni.dev/starting")
                && n.Status!.Conditions!.Value.Any(c => c is { Type: "NetworkUnavailable", Status: "False", Reason: "FabricIsUp" }));
        }, "conditions and taints", Long));

    [SkippableFact]
    public Task Each_node_says_of_itself_what_kubectl_shows() => lab.TestAsync(async () =>
    {
        var lines = Array.Empty<string>();
        await LabWait.UntilAsync(
            () =>
            {
                lines = lab.Server.Kubectl("get", "nodenetworks", "-o", "wide").Split('\n', StringSplitOptions.RemoveEmptyEntries);
                return Task.FromResult(lab.Nodes.All(n => lines.Any(l => l.StartsWith(n.Lab.Name, StringComparison.Ordinal)
                    && l.Contains(KubernetesLab.PodCidrOf(n), StringComparison.Ordinal) && l.Contains(" True ", StringComparison.Ordinal))));
            }, $"each node is shown ready: {string.Join('\n', lines)}", Long);
        Assert.Matches("NAME +POD CIDRS +VTEP +OVERLAY +PODS +PEERS UP +FAILING +READY +AGE +MTU +VERSION +WHY", lines[0]);
    });

    [SkippableFact]
    public Task A_node_whose_object_is_deleted_is_removed_and_comes_back_with_the_next_object() => lab.TestAsync(async () =>
    {
        var left = lab.NewNode();
        try
        {
            await left.StartAsync();
            await WaitForStateAsync(lab.First, left, "up");
            await lab.Api.DeleteAsync(NodeObject.Resource, null, left.Lab.Name, null, default);
            await LabWait.UntilAsync(async () => await MemberAsync(lab.First, left) is null, "it is no member", Long);
            await LabWait.UntilAsync(
                async () => (await MeshAsync(lab.First)).Peers.All(p => p.Peer.Value != left.Lab.Name), "its tunnel is gone", Long);
            await LabWait.UntilAsync(
                async () => (await left.Call("STATUS").RunAsync()) is { Succeeded: false } status && status.Stdout.Contains("its Node object was deleted", StringComparison.Ordinal),
                "STATUS says why", Long);
            await lab.PutNodeAsync(left);
            await WaitForStateAsync(lab.First, left, "up");
            await left.WaitUntilReadyAsync();
        }
        finally
        {
            left.Dispose();
        }
    });

    [SkippableFact]
    public Task An_agent_that_starts_while_the_api_is_away_attaches_from_its_journal() => lab.TestAsync(async () =>
    {
        var node = lab.Second;
        lab.Way.SetDown(true);
        try
        {
            await node.CrashAndRestartAsync();
            using var pod = await node.AddPodAsync();
            Assert.StartsWith(KubernetesLab.PodCidrOf(node)[..^4], pod.Address, StringComparison.Ordinal);
        }
        finally
        {
            lab.Way.SetDown(false);
        }
        await WaitForStateAsync(lab.First, node, "up");
    });
}
