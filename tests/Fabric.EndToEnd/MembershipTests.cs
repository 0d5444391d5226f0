using System.Net;
using Fabric.Cluster;
using Fabric.Lab;
using Fabric.Messages;
using static Fabric.EndToEnd.NodeAdmin;

namespace Fabric.EndToEnd;

public sealed class MembershipLab() : EndToEndLab(3, ("lease-duration", "5s"), ("quarantine", "0s"));

/// <summary>Nodes that stop, die, are drained, removed and installed anew, with real agents.</summary>
public sealed class MembershipTests(MembershipLab lab) : IClassFixture<MembershipLab>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    [SkippableFact]
    public Task A_rolling_restart_of_all_agents_loses_no_packet_and_moves_no_cidr() => lab.TestAsync(async () =>
    {
        var left = await LeftAsync();
        await RollingRestart.MustLoseNothingAsync(lab);
        Assert.Equal(left, await LeftAsync());
    });

    [SkippableFact]
    public Task A_clean_stop_hands_the_singletons_over_at_once() => lab.TestAsync(async () =>
    {
        var holder = await HolderAsync(lab.First);
        var other = lab.Nodes.First(n => n != holder);
        var stopped = DateTimeOffset.UtcNow;
        Assert.Equal(0, holder.Agent!.Terminate());
        try
        {
            await LabWait.UntilAsync(async () => await HolderAsync(other) != holder, "another node has the singletons", Long);
            var moved = (await StreamAsync<MembershipEvent.SingletonMoved>(Membership.Id("default")))[^1];
            Assert.NotEqual(holder.Lab.Name, moved.Node.Value);
            // What a lease that runs out would take.
            Assert.True(moved.Since - stopped < TimeSpan.FromSeconds(5), $"took {moved.Since - stopped}");
            await WaitForStateAsync(other, holder, "down");
        }
        finally
        {
            await holder.StartAsync();
        }
    });

    [SkippableFact]
    public Task The_singletons_node_killed_in_the_middle_of_joins_is_replaced_and_no_cidr_is_given_twice() => lab.TestAsync(async () =>
    {
        var holder = await HolderAsync(lab.First);
        var joining = Enumerable.Range(0, 2).Select(_ => lab.NewNode()).ToList();
        try
        {
            joining.ForEach(n => n.Launch());
            await LabWait.UntilAsync(
                () => Task.FromResult(joining.Exists(n => n.Log.Contains("joined cluster", StringComparison.Ordinal))), "one has a lease", Long);
            var killed = DateTimeOffset.UtcNow;
            holder.Agent!.Kill();
            await Task.WhenAll(joining.Select(n => n.WaitUntilReadyAsync()));
            var moved = (await StreamAsync<MembershipEvent.SingletonMoved>(Membership.Id("default")))[^1];
            Assert.NotEqual(holder.Lab.Name, moved.Node.Value);
            Assert.True(moved.Since - killed <= TimeSpan.FromSeconds(10), $"took {moved.Since - killed}, twice the lease duration is 10 s");
            await WaitForStateAsync(joining[0], holder, "unreachable");
            var held = (await MembersAsync(joining[0])).Members.SelectMany(m => m.PodCidrs).ToList();
            Assert.True(held.Count >= 5 && held.Distinct().Count() == held.Count, string.Join(", ", held));
        }
        finally
        {
            await holder.StartAsync();
            foreach (var node in joining)
            {
                await GoneAsync(node);
                node.Dispose();
            }
        }
    });

    [SkippableFact]
    public Task A_drained_node_takes_no_pods_and_leaves_only_when_it_has_none() => lab.TestAsync(async () =>
    {
        using var node = lab.NewNode();
        await node.StartAsync();
        var cidr = (await MemberAsync(lab.First, node))!.PodCidrs.Single();
        var pod = await node.AddPodAsync();
        await MustOperateAsync(lab.First, $"/v1/nodes/drain?node={node.Lab.Name}");
        await WaitForStateAsync(lab.First, node, "leaving");
        await LabWait.UntilAsync(async () => !(await node.Call("STATUS").RunAsync()).Succeeded, "it is not ready", Long);
        Assert.Contains("drained", (await node.Call("STATUS").RunAsync()).MustFail(50).Stdout, StringComparison.Ordinal);
        using (var refused = node.NewPod())
            (await refused.Call("ADD").RunAsync()).MustFail(11);

        // With a pod it only stops.
        Assert.Equal(0, node.Agent!.Terminate());
        await WaitForStateAsync(lab.First, node, "down");
        Assert.Equal(cidr, (await MemberAsync(lab.First, node))!.PodCidrs.Single());
        node.Launch();
        await WaitForStateAsync(lab.First, node, "leaving");
        await LabWait.UntilAsync(async () => (await pod.DelAsync()).Succeeded, "the pod is deleted", Long);
        pod.Dispose();

        Assert.Equal(0, node.Agent!.Terminate());
        await LabWait.UntilAsync(async () => await MemberAsync(lab.First, node) is null, "it has left", Long);
        var gone = (await MembersAsync(lab.First)).Members.Single(m => m.Node.Value == node.Lab.Name);
        Assert.Equal("removed", gone.State);
        await LabWait.UntilAsync(async () => (await MembersAsync(lab.First)).Members.All(m => !m.PodCidrs.Contains(cidr)), "its CIDR is free", Long);
        await LabWait.UntilAsync(async () => !(await lab.First.StateAsync()).Tunnels.ContainsKey(new NodeName(node.Lab.Name)),
            "no tunnel leads there", Long);
        Assert.Empty((await node.StateAsync()).PodCidrs);

        // And comes back as any node does.
        await node.StartAsync();
        Assert.Equal(cidr, (await MemberAsync(lab.First, node))!.PodCidrs.Single());
        await GoneAsync(node);
    });

    [SkippableFact]
    public Task A_node_that_is_removed_while_it_runs_finds_out_and_is_a_member_again_with_its_cidr() => lab.TestAsync(async () =>
    {
        using var node = lab.NewNode();
        await node.StartAsync();
        var before = (await MemberAsync(lab.First, node))!;
        using var pod = await node.AddPodAsync();

        var (status, text) = await OperateAsync(lab.Second, $"/v1/nodes/remove?node={node.Lab.Name}");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("its agent runs", text, StringComparison.Ordinal);
        var (unknown, names) = await OperateAsync(lab.Second, "/v1/nodes/remove?node=nobody");
        Assert.Equal(HttpStatusCode.NotFound, unknown);
        Assert.Contains(lab.First.Lab.Name, names, StringComparison.Ordinal);

        await MustOperateAsync(lab.Second, $"/v1/nodes/remove?node={node.Lab.Name}&force=true");
        await node.WaitForEventAsync<NodeEvent.RejoinedCluster>(_ => true, "it joins again", Long);
        await LabWait.UntilAsync(async () => await MemberAsync(lab.First, node) is { State: "up", PodCidrs.IsEmpty: false }, "it is up", Long);
        await node.WaitUntilReadyAsync();
        var after = (await MemberAsync(lab.First, node))!;
        Assert.Equal((before.PodCidrs.Single(), before.NodeUid), (after.PodCidrs.Single(), after.NodeUid));
        Assert.True(after.Incarnation > before.Incarnation);
        var events = (await node.EventsAsync()).Select(e => e.Event).ToList();
        Assert.Single(events.OfType<NodeEvent.RemovedFromCluster>());
        using var here = await lab.First.AddPodAsync();
        await LabWait.UntilAsync(() => Task.FromResult(here.Pings(pod.Address)), "its pod is reached again", Long);
        pod.Dispose();
        await GoneAsync(node);
    });

    [SkippableFact]
    public Task A_removed_node_whose_cidr_is_another_nodes_now_gets_a_new_one_and_names_the_pods_on_the_old() => lab.TestAsync(async () =>
    {
        using var node = lab.NewNode();
        await node.StartAsync();
        var old = (await MemberAsync(lab.First, node))!.PodCidrs.Single();
        using var pod = await node.AddPodAsync();
        node.Agent!.Kill();
        await WaitForStateAsync(lab.First, node, "unreachable");
        await MustOperateAsync(lab.First, $"/v1/nodes/remove?node={node.Lab.Name}");
        await MustOperateAsync(lab.Second, $"/v1/nodes/remove?node={node.Lab.Name}");
        using var heir = lab.NewNode();
        await heir.StartAsync();
        Assert.Equal(old, (await MemberAsync(lab.First, heir))!.PodCidrs.Single());

        node.Launch();
        await LabWait.UntilAsync(async () => await MemberAsync(lab.First, node) is { State: "up", PodCidrs.IsEmpty: false }, "it is up", Long);
        await node.WaitUntilReadyAsync();
        var now = (await MemberAsync(lab.First, node))!.PodCidrs.Single();
        Assert.NotEqual(old, now);
        await node.WaitForEventAsync<NodeEvent.AttachmentsStranded>(
            e => e.Attachments.Single().Container.Value == pod.ContainerId && e.Cidrs.Contains(now), "the pod is reported", Long);
        using var fresh = await node.AddPodAsync();
        Assert.True(now.Contains(IpAddress.Parse(fresh.Address)));
        pod.Dispose();
        fresh.Dispose();
        await GoneAsync(node);
        await GoneAsync(heir);
    });

    [SkippableFact]
    public Task A_reinstalled_node_gets_another_cidr_once_the_old_lease_has_run_out_and_the_old_ones_is_held_until_removed() =>
        lab.TestAsync(async () =>
        {
            using var node = lab.NewNode();
            await node.StartAsync();
            var before = (await MemberAsync(lab.First, node))!;
            node.Agent!.Kill();
            Directory.Delete(node.Options["state-dir"], recursive: true);
            await node.StartAsync();
            var after = (await MemberAsync(lab.First, node))!;
            Assert.NotEqual(before.NodeUid, after.NodeUid);
            Assert.NotEqual(before.PodCidrs.Single(), after.PodCidrs.Single());
            var former = (await MembersAsync(lab.First)).Members.Single(m => m.NodeUid == before.NodeUid);
            Assert.Equal(("down", true, before.PodCidrs.Single()), (former.State, former.IsFormer, former.PodCidrs.Single()));

            await MustOperateAsync(lab.First, $"/v1/nodes/remove?node={node.Lab.Name}&uid={before.NodeUid}");
            await LabWait.UntilAsync(
                async () => (await MembersAsync(lab.First)).Members.Single(m => m.NodeUid == before.NodeUid).PodCidrs.IsEmpty,
                "the old CIDR is free", Long);
            Assert.Equal("up", (await MemberAsync(lab.First, node))!.State);
            await GoneAsync(node);
        });

    [SkippableFact]
    public Task A_cluster_cidr_that_is_added_is_routed_to_on_every_node() => lab.TestAsync(async () =>
    {
        var more = Cidr.Parse("10.245.0.0/20");
        await MustOperateAsync(lab.Second, $"/v1/cidrs/add?cidr={more}");
        foreach (var node in lab.Nodes)
        {
            await LabWait.UntilAsync(async () => (await node.StateAsync()).Bridge.Configured!.ClusterCidrs.Contains(more),
                "the bridge knows it", Long);
            await LabWait.UntilAsync(() => Task.FromResult(
                node.Namespace.Ip("route").Contains("10.245.0.0/20", StringComparison.Ordinal)), "the host routes to it", Long);
        }
        var (status, text) = await OperateAsync(lab.First, "/v1/cidrs/add?cidr=10.245.0.0/16");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("10.245.0.0/20", text, StringComparison.Ordinal);
    });

    private async Task<EndToEndNode> HolderAsync(EndToEndNode asked)
    {
        var name = (await MembersAsync(asked)).Members.Single(m => m.IsSingleton).Node.Value;
        return lab.Nodes.Single(n => n.Lab.Name == name);
    }

    /// <summary>How often one of the lab's own nodes has left the mesh; those that other tests removed leave some time after them.</summary>
    private async Task<int> LeftAsync() => (await StreamAsync<MeshEvent.VtepLeft>(VtepMesh.Id("default")))
        .Count(left => lab.Nodes.Any(n => n.Lab.Name == left.Node.Value));

    /// <summary>Leaves the cluster to the other tests as it was.</summary>
    private async Task GoneAsync(EndToEndNode node)
    {
        node.Agent?.Kill();
        await MustOperateAsync(lab.First, $"/v1/nodes/remove?node={node.Lab.Name}&force=true");
    }

    private async Task<List<T>> StreamAsync<T>(PersistenceId stream)
        where T : IEvent
    {
        await using var store = ClusterStoreUri.Parse(lab.First.Options["cluster-store"]).Open("default", TimeProvider.System);
        var events = new List<T>();
        await foreach (var envelope in store.ReadAsync(stream, 1, CancellationToken.None))
        {
            if (ClusterEvents.Catalog.TryDecode(envelope.Manifest, envelope.Payload.Span, out var e) && e is T wanted)
                events.Add(wanted);
        }
        return events;
    }
}
