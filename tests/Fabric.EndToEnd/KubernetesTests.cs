using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using static Fabric.EndToEnd.NodeAdmin;

namespace Fabric.EndToEnd;

public sealed class NodeObjectsLab() : KubernetesLab(3, isStore: false, ("pod-cidr-source", "kubernetes"), ("startup-taint", KubernetesLab.StartupTaint));

/// <summary>Nodes whose Node objects say who they are, with real agents.</summary>
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
            return nodes.Items.Where(n => lab.Nodes.Any(l => l.Lab.Name == n.Metadata.Name)).All(n =>
                (n.Spec!.Taints ?? []).All(t => t.Key != KubernetesLab.StartupTaint)
                && n.Status!.Conditions!.Value.Any(c => c is { Type: "NetworkUnavailable", Status: "False", Reason: "FabricIsUp" }));
        }, "conditions and taints", Long));

    [SkippableFact]
    public Task Each_node_says_of_itself_what_kubectl_shows() => lab.TestAsync(() => LabWait.UntilAsync(
        async () =>
        {
            var said = await lab.Api.ListAsync(NodeNetworkObject.Resource, ObjectQuery.All, 0, null, null, default);
            return lab.Nodes.All(n => said.Items.FirstOrDefault(o => o.Metadata.Name == n.Lab.Name) is { Status: { } status } o
                && o.Metadata.OwnerReferences is [{ Kind: "Node" }]
                && status.PodCIDRs is [var cidr] && cidr == KubernetesLab.PodCidrOf(n)
                && status.Vteps is [var vtep] && vtep == n.Lab.Address.ToString()
                && status.Conditions.Any(c => c is { Type: "Ready", Status: "True" }));
        }, "each node's NodeNetwork", Long));

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
