using Fabric.Cluster.Kubernetes;
using Fabric.Lab;
using static Fabric.EndToEnd.NodeAdmin;

namespace Fabric.EndToEnd;

public sealed class KubernetesStoreLab() : KubernetesLab(3, isStore: true,
    ("pod-cidr-source", "kubernetes"), ("bridge-marker", "on"), ("bridge-marker-capacity", "7"));

/// <summary>Agents whose cluster's journal and leases are in the Kubernetes API.</summary>
public sealed class KubernetesStoreTests(KubernetesStoreLab lab) : IClassFixture<KubernetesStoreLab>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    [SkippableFact]
    public Task Pods_of_two_nodes_reach_each_other() => lab.TestAsync(async () =>
    {
        using var here = await lab.First.AddPodAsync();
        using var there = await lab.Second.AddPodAsync();
        await KnowEachOtherAsync(lab.First, lab.Second);
        Assert.True(here.Pings(there.Address), "the first packet passes");
        var leases = await lab.Api.ListAsync(LeaseObject.Resource, new ObjectQuery("fabric-system"), 0, null, null, default);
        Assert.True(leases.Items.Length > lab.Nodes.Count, "one lease for each node, and the singletons'");
    });

    [SkippableFact]
    public Task A_rolling_restart_of_all_agents_loses_no_packet_and_moves_no_cidr() =>
        lab.TestAsync(() => RollingRestart.MustLoseNothingAsync(lab));

    [SkippableFact]
    public Task With_the_api_server_away_pods_attach_and_everything_catches_up_when_it_returns() => lab.TestAsync(async () =>
    {
        using var there = await lab.Second.AddPodAsync();
        await KnowEachOtherAsync(lab.First, lab.Second);
        using var late = lab.NewNode();
        var from = lab.First.Log.Length;
        lab.Server.Restart(() =>
        {
            LabWait.Until(() => lab.First.Log[from..].Contains("the cluster store can't be read", StringComparison.Ordinal), "it is noticed", Long);
            Task.Run(async () =>
            {
                using var pod = await lab.First.AddPodAsync();
                Assert.True(pod.Pings(there.Address), "the mesh is as it was");
                (await lab.First.Call("STATUS").RunAsync()).MustSucceed();
                (await pod.DelAsync()).MustSucceed();
            }).GetAwaiter().GetResult();
            late.Launch();
        });
        await late.WaitUntilReadyAsync();
        await KnowEachOtherAsync(lab.First, late);
        await LabWait.UntilAsync(async () => (await MembersAsync(lab.First)).Members.Count(m => m.State == "up") >= 4, "all are up", Long);
    });

    [SkippableFact]
    public Task A_deleted_node_object_takes_the_node_out_of_all_meshes() => lab.TestAsync(async () =>
    {
        using var gone = lab.NewNode();
        await gone.StartAsync();
        await KnowEachOtherAsync(lab.First, gone);
        gone.Agent!.Kill();
        await lab.Api.DeleteAsync(NodeObject.Resource, null, gone.Lab.Name, null, default);
        foreach (var node in lab.Nodes)
        {
            await LabWait.UntilAsync(
                async () => (await MeshAsync(node)).Peers.All(p => p.Peer.Value != gone.Lab.Name), $"{node.Lab.Name} has no tunnel to it", Long);
        }
    });

    [SkippableFact]
    public Task A_pods_annotations_are_honoured_and_its_failures_told_on_it() => lab.TestAsync(async () =>
    {
        var prefix = KubernetesLab.PodCidrOf(lab.First)[..^4];
        var good = await lab.PutPodAsync(lab.First, "good", ("fabric.cni.dev/addresses", $"{prefix}77"), ("fabric.cni.dev/mac", "02:00:00:00:00:77"));
        using var pod = lab.First.NewPod();
        pod.CniArgs = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=good;K8S_POD_UID={good.Metadata.Uid}";
        await pod.AddAsync();
        Assert.Equal($"{prefix}77", pod.Address);

        var bad = await lab.PutPodAsync(lab.First, "bad", ("fabric.cni.dev/addresses", "10.99.0.1"));
        using var refused = lab.First.NewPod();
        refused.CniArgs = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=bad;K8S_POD_UID={bad.Metadata.Uid}";
        await Assert.ThrowsAnyAsync<Exception>(() => refused.AddAsync());
        await LabWait.UntilAsync(async () =>
        {
            var events = await lab.Api.ListAsync(EventObject.Resource, new ObjectQuery("default"), 0, null, null, default);
            return events.Items.Any(e => e.InvolvedObject.Uid == bad.Metadata.Uid && e.Type == "Warning" && e.Message.Contains("10.99.0.1", StringComparison.Ordinal));
        }, "an Event on the pod", Long);
    });

    [SkippableFact]
    public Task Bridges_are_resources_of_the_node_as_soon_as_they_are_there() => lab.TestAsync(async () =>
    {
        await Marked("br-fabric", true);
        lab.First.Ovs.Vsctl("add-br", "fab-t-br1", "--", "set", "bridge", "fab-t-br1", "datapath_type=netdev");
        await Marked("fab-t-br1", true);
        lab.First.Ovs.Vsctl("del-br", "fab-t-br1");
        await Marked("fab-t-br1", false);

        Task Marked(string bridge, bool isThere) => LabWait.UntilAsync(async () =>
        {
            var node = await lab.Api.GetAsync(NodeObject.Resource, null, lab.First.Lab.Name, default);
            return (node.Status?.Capacity?.GetValueOrDefault($"ovs-cni.network.kubevirt.io/{bridge}") == "7") == isThere;
        }, $"{bridge} is {(isThere ? "" : "not ")}there", Long);
    });

    private static Task KnowEachOtherAsync(EndToEndNode a, EndToEndNode b) => LabWait.UntilAsync(
        async () => (await MeshAsync(a)).Peers.Any(p => p.Peer.Value == b.Lab.Name) && (await MeshAsync(b)).Peers.Any(p => p.Peer.Value == a.Lab.Name),
        $"{a.Lab.Name} and {b.Lab.Name} know each other", Long);
}
